"""Notifications: whom jobs and batches tell."""

from __future__ import annotations

from typing import ClassVar, Literal

from msgspec import Struct
from tornado import web

from ..model.job import Page
from ..model.notification import Notification, Notify
from .handler import JobsHandler
from .operation import authorized, operation

RESOURCE = "jobs_ext:notifications"


class NotificationList(Struct, frozen=True):
    """Whom a job or batch tells."""

    items: list[Notification]  # in the order they were asked for


class NotificationsQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which page of the notifications, newest first."""

    limit: int = 100  # 1 to 500
    cursor: str | None = None  # `next` of the page before


class NotificationsHandler(JobsHandler):
    """``notifications``."""

    @web.authenticated
    @authorized("read", resource=RESOURCE)
    @operation("List whom all of them tell", response=Page[Notification], query=NotificationsQuery)
    async def get(self, query: NotificationsQuery) -> Page[Notification]:
        """Return one page of whom the caller's jobs and batches tell."""
        listing = self.service.notifications.page
        return await self.call(listing, self.who, query.limit, query.cursor)


class _ListHandler(JobsHandler):
    """All notifications of one job or batch."""

    kind: ClassVar[Literal["job", "batch"]]

    @web.authenticated
    @authorized("read", resource=RESOURCE)
    @operation("List whom it tells", response=NotificationList)
    async def get(self, teller: str) -> NotificationList:
        """Return whom it tells, and what became of it."""
        told = await self.call(self.service.notifications.list, self.who, self.kind, teller)
        return NotificationList(told)

    @web.authenticated
    @authorized("write", resource=RESOURCE)
    @operation("Let it tell somebody", response=Notification, status=201, body=Notify)
    async def post(self, teller: str, body: Notify) -> Notification:
        """Let what has not ended tell somebody: a job of each event, a batch of its end."""
        told = await self.call(self.service.notifications.add, self.who, self.kind, teller, body)
        self.set_header("Location", f"{self.request.path}/{told.id}")
        return told


class _OneHandler(JobsHandler):
    """One notification of a job or batch."""

    kind: ClassVar[Literal["job", "batch"]]

    @web.authenticated
    @authorized("read", resource=RESOURCE)
    @operation("Show whom it tells", response=Notification)
    async def get(self, teller: str, notification: str) -> Notification:
        """Return one notification with its latest deliveries."""
        find = self.service.notifications.get
        return await self.call(find, self.who, self.kind, teller, notification)

    @web.authenticated
    @authorized("write", resource=RESOURCE)
    @operation("Let it tell somebody no more", status=204)
    async def delete(self, teller: str, notification: str) -> None:
        """Remove a notification; what is due is not sent."""
        remove = self.service.notifications.delete
        await self.call(remove, self.who, self.kind, teller, notification)


class JobNotificationsHandler(_ListHandler):
    """``jobs/{id}/notifications``."""

    kind = "job"


class JobNotificationHandler(_OneHandler):
    """``jobs/{id}/notifications/{id}``."""

    kind = "job"


class BatchNotificationsHandler(_ListHandler):
    """``batches/{id}/notifications``."""

    kind = "batch"


class BatchNotificationHandler(_OneHandler):
    """``batches/{id}/notifications/{id}``."""

    kind = "batch"
