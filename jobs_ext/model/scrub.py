"""Secrets are taken out of what is logged: tokens in URLs, credentials in headers, our own keys."""

from __future__ import annotations

import logging
import re

_GONE = "[secret]"
_SECRETS = re.compile(
    r"""(?ix)
    (?P<before>
        [?&;][\w.-]*(?:token|key|password|secret|xsrf|signature)[\w.-]*=      # in a URL
      | \bauthorization["']?\s*[:=,]\s*["']?(?:\w+\s+)?                       # in a header
      | \bx-jobs-ext-key["']?\s*[:=,]\s*["']?
      | ://[^/\s:@]*:(?=[^/\s@]+@)                                            # user:password@
    )
    [^\s&;"'@,)]+
    | \bjx_[0-9a-f]{8}_[\w-]{20,}                                             # an API key
    """
)


def scrub(text: str) -> str:
    """Return `text` with ``[secret]`` in the place of every secret."""
    return _SECRETS.sub(lambda found: f"{found['before'] or ''}{_GONE}", text)


class Scrubber(logging.Filter):
    """Scrubs every record of the logger or handler it is added to, tracebacks included."""

    _formatter = logging.Formatter()

    def filter(self, record: logging.LogRecord) -> bool:
        """Scrub a record, and let it pass."""
        message = record.getMessage()
        if (clean := scrub(message)) != message:
            record.msg, record.args = clean, ()
        if record.exc_info and record.exc_info[0] is not None:
            record.exc_text = scrub(self._formatter.formatException(record.exc_info))
        return True


#: The one that is added: adding it again, to the same logger, changes nothing.
SCRUBBER = Scrubber()
