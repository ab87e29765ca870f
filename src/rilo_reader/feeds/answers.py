"""Recent answers of servers, so that adding something asks for each file once."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from rilo_reader.fetch.messages import Client, Request, Response
from rilo_reader.files import read_regular, replace_file

MAX_KEPT_BYTES = 40_000_000  # of answers that a file hands on; the rest is asked for again


class CachingClient:
    """A client that asks for each address once; `answers` has the responses, by address."""

    def __init__(self, client: Client, answers: dict[str, Response]) -> None:
        self.public_hosts = client.public_hosts
        self._client = client
        self._answers = answers

    async def get(self, request: Request) -> Response:
        """See `Client.get`."""
        answer = self._answers.get(request.url)
        if answer is None:
            answer = await self._client.get(request)
            self._answers[request.url] = answer
            # A feed that has moved for good is followed at its new address.
            self._answers[answer.moved_to or request.url] = answer
        return answer


def write_answers(file: Path, answers: Mapping[str, Response], hosts: set[str]) -> None:
    """Write answers, and the hosts that were found to be public; raises OSError."""
    kept, size = {}, 0
    for url, answer in answers.items():
        size += len(answer.data)
        if size > MAX_KEPT_BYTES:
            break
        until = answer.fresh_until and answer.fresh_until.isoformat()
        data = b64encode(answer.data).decode("ascii")
        kept[url] = {**answer._asdict(), "fresh_until": until, "data": data}
    with replace_file(file, private=True) as out:
        out.write(json.dumps({"hosts": sorted(hosts), "answers": kept}).encode())


def read_answers(file: Path) -> tuple[dict[str, Response], set[str]]:
    """Read what `write_answers` wrote; nothing if it is not there or is something else."""
    try:
        found = json.loads(read_regular(file))
        return dict(_parse_answers(found["answers"])), {str(host) for host in found["hosts"]}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}, set()


def _parse_answers(
    fields_by_url: Mapping[str, dict[str, str | None]],
) -> Iterator[tuple[str, Response]]:
    for url, fields in fields_by_url.items():
        until = fields.get("fresh_until")
        when = datetime.fromisoformat(until) if until else None
        data = b64decode(str(fields["data"]))
        yield url, Response(**{**fields, "fresh_until": when, "data": data})  # type: ignore[arg-type]
