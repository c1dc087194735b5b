"""The content of values: what names them, and how they are written as data.

====================== =====================================================
module                 owns
====================== =====================================================
`identity`             content ids: the canonical bytes of a value, one way
`spellings`            content ids of what equals a value
`recognised`           large plain containers that were encoded before
`tree`                 the typed encoding for storage, there and back
`forms`                the seam: how a type says what its content is
`standard`             forms of the standard library
`arrays`, `tables`     forms of numpy and pandas
`offsets`              the form of pandas' offsets
`strings`              many strings at once, for both
`arrow`, `sparse`      forms of pyarrow and of scipy.sparse
`columns`, `tensors`   forms of polars and of torch
`pictures`             the form of Pillow's pictures
`code`                 functions, classes and modules as values
`secrets`              secrets, which have an id and are never written
`objects`              objects of classes that have no form of their own
`earlier`              reads what the first version of `tree` wrote
====================== =====================================================

Plain data has a grammar in both `identity` and `tree`; every other type is a
*form*: a name and plain data that stands for the value.
"""

from mandala_lab.memo.encoding.forms import register_hasher, register_serializer
from mandala_lab.memo.encoding.identity import content_id
from mandala_lab.memo.encoding.tree import decode, encode

__all__ = ["content_id", "decode", "encode", "register_hasher", "register_serializer"]
