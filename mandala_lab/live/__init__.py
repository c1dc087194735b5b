"""One notebook's live state: `frame` grows and pushes, `inspect` answers, `desk` takes requests."""
