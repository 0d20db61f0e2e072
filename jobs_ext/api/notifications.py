"""Notifications: whom a job or a batch tells."""

from __future__ import annotations

from msgspec import Struct
from tornado import web

from ..model.notification import Notification, Notify
from .handler import JobsHandler
from .operation import authorized, operation

RESOURCE = "jobs_ext:notifications"


class NotificationList(Struct, frozen=True):
    """Whom a job or batch tells."""

    items: list[Notification]


class JobNotificationsHandler(JobsHandler):
    """``jobs/{id}/notifications``."""

    @web.authenticated
    @authorized("read", resource=RESOURCE)
    @operation("List whom a job tells", response=NotificationList)
    async def get(self, job: str) -> NotificationList:
        """Return whom a job tells, and what became of it."""
        told = await self.call(self.service.notifications.list, self.who, "job", job)
        return NotificationList(told)

    @web.authenticated
    @authorized("write", resource=RESOURCE)
    @operation("Let a job tell somebody", response=Notification, status=201, body=Notify)
    async def post(self, job: str, body: Notify) -> Notification:
        """Let a job that has not ended tell somebody of what happens from now on."""
        told = await self.call(self.service.notifications.add, self.who, "job", job, body)
        self.set_header("Location", self.url("jobs", job, "notifications", told.id))
        return told


class JobNotificationHandler(JobsHandler):
    """``jobs/{id}/notifications/{id}``."""

    @web.authenticated
    @authorized("read", resource=RESOURCE)
    @operation("Show whom a job tells", response=Notification)
    async def get(self, job: str, notification: str) -> Notification:
        """Return one notification with its latest deliveries."""
        find = self.service.notifications.get
        return await self.call(find, self.who, "job", job, notification)

    @web.authenticated
    @authorized("write", resource=RESOURCE)
    @operation("Let a job tell somebody no more", status=204)
    async def delete(self, job: str, notification: str) -> None:
        """Remove a notification; what is due is not sent."""
        remove = self.service.notifications.delete
        await self.call(remove, self.who, "job", job, notification)


class BatchNotificationsHandler(JobsHandler):
    """``batches/{id}/notifications``."""

    @web.authenticated
    @authorized("read", resource=RESOURCE)
    @operation("List whom a batch tells", response=NotificationList)
    async def get(self, batch: str) -> NotificationList:
        """Return whom a batch tells, and what became of it."""
        told = await self.call(self.service.notifications.list, self.who, "batch", batch)
        return NotificationList(told)

    @web.authenticated
    @authorized("write", resource=RESOURCE)
    @operation("Let a batch tell somebody", response=Notification, status=201, body=Notify)
    async def post(self, batch: str, body: Notify) -> Notification:
        """Let a batch tell somebody when all of its jobs have ended."""
        told = await self.call(self.service.notifications.add, self.who, "batch", batch, body)
        self.set_header("Location", self.url("batches", batch, "notifications", told.id))
        return told


class BatchNotificationHandler(JobsHandler):
    """``batches/{id}/notifications/{id}``."""

    @web.authenticated
    @authorized("read", resource=RESOURCE)
    @operation("Show whom a batch tells", response=Notification)
    async def get(self, batch: str, notification: str) -> Notification:
        """Return one notification with its latest deliveries."""
        find = self.service.notifications.get
        return await self.call(find, self.who, "batch", batch, notification)

    @web.authenticated
    @authorized("write", resource=RESOURCE)
    @operation("Let a batch tell somebody no more", status=204)
    async def delete(self, batch: str, notification: str) -> None:
        """Remove a notification; what is due is not sent."""
        remove = self.service.notifications.delete
        await self.call(remove, self.who, "batch", batch, notification)
