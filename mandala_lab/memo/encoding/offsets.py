"""Forms of pandas' offsets, which say how far the moments of an index are apart.

Content is the class, the number, whether days are begun at midnight, and all keywords.
Most are what their text says ("2D", "W-WED"); the text of others, such as a day of
business with holidays, leaves out what they hold.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pandas as pd
from pandas._libs.tslibs import offsets
from pandas.tseries.frequencies import to_offset

from mandala_lab.memo.encoding.forms import Form, add_family
from mandala_lab.model.errors import CorruptValueError

_CALENDAR = "calendar"


def frequency(offset: Any) -> Any:
    """Return the text of an offset where that is all of it, else the offset."""
    if offset is None:
        return None
    text = offset.freqstr
    said = _said(text)
    return text if said is not None and type(said) is type(offset) and _is_same(_content(said), offset) else offset


@functools.lru_cache(maxsize=256)
def _said(text: str) -> Any:
    """Return the offset of a text; ``None`` where pandas does not read it."""
    try:
        return to_offset(text)
    except Exception:  # whatever pandas says of a text that is for readers
        return None


def _is_same(content: Any, offset: Any) -> bool:
    try:
        return bool(content == _content(offset))
    except ValueError:  # an array among the keywords of an offset that is not of pandas
        return False


def _content(offset: Any) -> Any:
    keywords = {name: value for name, value in sorted(offset.kwds.items()) if name != _CALENDAR}
    calendar = offset.kwds.get(_CALENDAR)
    days = None if calendar is None else (calendar.weekmask.tolist(), calendar.holidays.astype("M8[D]").tolist())
    return type(offset).__name__, offset.n, offset.normalize, keywords, days


def _offset_of(parts: Any) -> Any:
    name, number, normalize, keywords, days = parts
    kind = getattr(offsets, name)
    if not issubclass(kind, offsets.BaseOffset):
        raise CorruptValueError(f"{name!r} is no offset of pandas")
    if days is not None:
        weekmask, holidays = days
        keywords = {**keywords, _CALENDAR: np.busdaycalendar(weekmask, np.array(holidays, "M8[D]"))}
        del keywords["holidays"]
    return kind(n=number, normalize=normalize, **keywords)


add_family(pd.offsets.BaseOffset, "pandas", Form("pandas.offset", _content, _offset_of))
