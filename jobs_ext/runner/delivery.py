"""Delivering one message: as a webhook, as a mail, or by apprise."""

from __future__ import annotations

import hashlib
import hmac
import os
import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from http.client import HTTPException

from .. import __version__
from ..model.notification import Mail
from ..service.addresses import AddressRefused
from ..service.outbox import Message, Tried
from ..service.web import opened
from ..service.whom import WEB, Whom, mailboxes

_TIMEOUT = 10.0  # seconds for each step
_WITHIN = 20.0  # seconds for all of it
_GONE = 410  # an answer that asks never to be told again


class Deliverer:
    """Delivers messages as a server's configuration says; for any thread.

    `secret` signs the body of webhooks, so that a receiver can tell that it comes from here.
    """

    def __init__(self, whom: Whom, secret: bytes) -> None:
        self._whom = whom
        self._secret = secret

    def deliver(self, message: Message) -> Tried:
        """Try to deliver; what goes wrong is said in the result, never raised."""
        scheme = message.url.partition(":")[0].lower()
        try:
            if scheme in WEB:
                return self._post(message)
            if scheme == "mailto":
                return self._mail(message)
            return self._by_apprise(message, scheme)
        except AddressRefused as error:
            return Tried(message.pk, error.message, final=True)
        except (OSError, HTTPException, smtplib.SMTPException) as error:
            return Tried(message.pk, _told(error))

    def _post(self, message: Message) -> Tried:
        signature = hmac.new(self._secret, message.body, hashlib.sha256).hexdigest()
        headers = message.headers | {
            "Content-Type": "application/json",
            "User-Agent": f"jobs_ext/{__version__}",
            "X-Jobs-Ext-Delivery": message.delivery,
            "X-Jobs-Ext-Event": message.event,
            "X-Jobs-Ext-Signature": f"sha256={signature}",
        }
        with opened(
            self._whom.guard,
            message.url,
            method="POST",
            body=message.body,
            headers=headers,
            timeout=_TIMEOUT,
            within=_WITHIN,
        ) as answer:
            if 200 <= answer.status < 300:
                return Tried(message.pk)
            why = f"it answered {answer.status}"
            return Tried(message.pk, why, final=answer.status == _GONE)

    def _mail(self, message: Message) -> Tried:
        mail = self._whom.outgoing.mail
        if mail is None:
            return Tried(message.pk, "this server sends no mails any more", final=True)
        letter = EmailMessage()
        letter["Subject"] = message.subject
        letter["From"] = mail.sender
        letter["To"] = ", ".join(mailboxes(message.url))
        letter["Date"] = formatdate()
        letter["Message-ID"] = make_msgid(message.delivery, mail.sender.rpartition("@")[2])
        letter["X-Jobs-Ext-Delivery"] = message.delivery
        letter.set_content(message.text)
        with _post_office(mail) as office:
            office.send_message(letter)
        return Tried(message.pk)

    def _by_apprise(self, message: Message, scheme: str) -> Tried:
        if scheme not in self._whom.outgoing.schemes:
            return Tried(message.pk, f"{scheme}: is not allowed any more", final=True)
        try:
            from apprise import Apprise
        except ImportError:
            return Tried(message.pk, "apprise is not installed where the runner runs")
        told = Apprise()
        if not told.add(message.url):
            return Tried(message.pk, "apprise does not understand the URL", final=True)
        if told.notify(title=message.subject, body=message.text):
            return Tried(message.pk)
        return Tried(message.pk, "apprise could not deliver it")


def _post_office(mail: Mail) -> smtplib.SMTP:
    """Return the mail server, ready to take mails."""
    if mail.security == "tls":
        context = ssl.create_default_context()
        office: smtplib.SMTP = smtplib.SMTP_SSL(
            mail.host, mail.port, timeout=_TIMEOUT, context=context
        )
    else:
        office = smtplib.SMTP(mail.host, mail.port, timeout=_TIMEOUT)
    try:
        if mail.security == "starttls":
            office.starttls(context=ssl.create_default_context())
        if mail.user is not None:
            office.login(mail.user, os.environ.get(mail.password_env or "", ""))
    except (OSError, smtplib.SMTPException):
        office.close()
        raise
    return office


def _told(error: Exception) -> str:
    """Return what went wrong in a few words, without what the other side said at length."""
    if isinstance(error, TimeoutError):
        return "it took too long"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"the mail server answered {error.smtp_code}"
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return f"{type(error).__name__}: {text}"[:200]
