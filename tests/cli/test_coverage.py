"""What can be asked for over HTTP can be asked for in a terminal, or there is a reason."""

from __future__ import annotations

from jobs_ext.api.handler import verbs
from jobs_ext.api.routes import ROUTES
from jobs_ext.cli.main import VERBS

DRAWN = "how it is drawn: `show` says it in words"
NODES = "what nodes say to the server, which are programs"
INSIDE = "asked by the client for itself"
ONE_OF = "one of a list that another command prints"

#: The command for each operation; in brackets why there is none.
COMMANDS = {
    "GET ": "about",
    "GET openapi.json": "(for programs)",
    "GET tools": "tools",
    "POST tools": "tools add",
    "GET tools/{tool}": "tools",
    "PUT tools/{tool}": "tools add",
    "DELETE tools/{tool}": "tools remove",
    "GET tools/{tool}/grants": "tool grants",
    "DELETE tools/{tool}/grants": "tool unshare",
    "PUT tools/{tool}/grants/{grantee}": "tool share",
    "DELETE tools/{tool}/grants/{grantee}": "tool unshare",
    "GET queues": "queues",
    "GET retention": "retention",
    "POST check": "check",
    "GET jobs": "list",
    "POST jobs": "submit",
    "POST jobs/search": "list",
    "GET jobs/{job}": "show",
    "DELETE jobs/{job}": "delete",
    "PATCH jobs/{job}": "prioritize",
    "POST jobs/{job}/cancel": "cancel",
    "POST jobs/{job}/reinstate": "reinstate",
    "POST jobs/{job}/purge": "purge",
    "POST jobs/{job}/release": "release",
    "POST jobs/{job}/abort": "abort",
    "POST jobs/{job}/rerun": "rerun",
    "POST jobs/{job}/reset": "reset",
    "GET jobs/{job}/view": f"({DRAWN})",
    "GET jobs/{job}/code": "(for cells of notebooks)",
    "GET jobs/{job}/history": "history",
    "GET jobs/{job}/provenance": "provenance",
    "GET jobs/{job}/notifications": "notifications",
    "POST jobs/{job}/notifications": "notify",
    "GET jobs/{job}/notifications/{notification}": f"({ONE_OF})",
    "DELETE jobs/{job}/notifications/{notification}": "unnotify",
    "GET jobs/{job}/grants": "grants",
    "DELETE jobs/{job}/grants": "unshare",
    "PUT jobs/{job}/grants/{grantee}": "share",
    "DELETE jobs/{job}/grants/{grantee}": "unshare",
    "GET jobs/{job}/archive": "archive",
    "POST jobs/{job}/archive": "archive",
    "GET jobs/{job}/logs": "logs",
    "GET jobs/{job}/outputs": "outputs list",
    "GET jobs/{job}/outputs.zip": "outputs save",
    "GET batches/{batch}/outputs.zip": f"({INSIDE})",
    "GET jobs/{job}/outputs/{name:path}": "outputs get",
    "HEAD jobs/{job}/outputs/{name:path}": f"({INSIDE})",
    "PUT jobs/{job}/outputs/{name:path}": "outputs add",
    "DELETE jobs/{job}/outputs/{name:path}": "outputs remove",
    "GET batches": "batches",
    "POST batches": "map",
    "GET batches/{batch}": "show",
    "DELETE batches/{batch}": "delete",
    "PATCH batches/{batch}": "prioritize",
    "POST batches/{batch}/cancel": "cancel",
    "POST batches/{batch}/reinstate": "reinstate",
    "POST batches/{batch}/purge": "purge",
    "POST batches/{batch}/reset": "reset",
    "POST batches/{batch}/release": "release",
    "GET batches/{batch}/notifications": "notifications",
    "POST batches/{batch}/notifications": "notify",
    "GET batches/{batch}/notifications/{notification}": f"({ONE_OF})",
    "DELETE batches/{batch}/notifications/{notification}": "unnotify",
    "GET batches/{batch}/jobs": "list",
    "GET batches/{batch}/view": f"({DRAWN})",
    "GET notifications": "notifications",
    "GET projects": "projects list",
    "POST projects": "projects create",
    "GET projects/{project}": f"({ONE_OF})",
    "PATCH projects/{project}": "projects change",
    "DELETE projects/{project}": "projects delete",
    "GET projects/{project}/datasets": "datasets list",
    "GET projects/{project}/datasets/{dataset}": "datasets list",
    "DELETE projects/{project}/datasets/{dataset}": "datasets delete",
    "GET projects/{project}/datasets/{dataset}/content": "datasets save",
    "HEAD projects/{project}/datasets/{dataset}/content": f"({INSIDE})",
    "PUT projects/{project}/datasets/{dataset}/content": "datasets add",
    "GET nodes": "nodes list",
    "POST nodes": f"({NODES})",
    "GET nodes/{node}": f"({ONE_OF})",
    "DELETE nodes/{node}": "nodes forget",
    "POST nodes/{node}/ping": f"({NODES})",
    "POST nodes/{node}/acquire": f"({NODES})",
    "POST nodes/{node}/jobs/{job}/start": f"({NODES})",
    "POST nodes/{node}/jobs/{job}/progress": f"({NODES})",
    "POST nodes/{node}/jobs/{job}/finish": f"({NODES})",
    "POST nodes/{node}/jobs/{job}/release": f"({NODES})",
    "PUT nodes/{node}/jobs/{job}/outputs/{name:path}": f"({NODES})",
    "GET keys": "keys list",
    "POST keys": "keys create",
    "GET keys/{key}": f"({ONE_OF})",
    "DELETE keys/{key}": "keys revoke",
    "GET events": "logs",
}


def test_every_operation_has_its_command_or_a_reason():
    operations = {f"{verb} {route.path}" for route in ROUTES for verb in verbs(route.handler)}
    assert operations == set(COMMANDS)
    named = [command for command in COMMANDS.values() if not command.startswith("(")]
    assert [command for command in named if command not in VERBS] == []
