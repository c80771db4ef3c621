"""One line to a coordinator: asks over HTTP, and says what is wrong in words that help."""

from __future__ import annotations

import ssl
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from gsctl.choices import Target
from gsctl.doors.target import TOKEN, TOKEN_FILE, is_loopback
from gsctl.exits import Exit, Stop, complain
from gsctl.version import number
from reconciler.model.problem import Location, Problem

if TYPE_CHECKING:
    import httpx

_NOUNS = "application/vnd.gsctl.nouns+json"
_HINTS = (  # where programs are told to look, and where people do
    ("GET /v1/plan", "`gsctl plan` shows what waits"),
    ("GET /v1/resources", "`gsctl get` shows what is there"),
)
_ANSWER_S = 600.0  # a look waits for engines, a verb for the loop


class Line:
    """Asks one coordinator. Everything raises Stop where it does not answer as it should."""

    def __init__(self, target: Target) -> None:
        """Nothing is asked yet. Raises Stop where a token would travel in the clear."""
        import httpx

        if target.token and target.url.startswith("http://") and not is_loopback(target.url):
            raise complain(f"the token would travel in the clear to {target.url}", "CX109",
                           "ask by https, or through a tunnel to the loopback")  # fmt: skip
        self._target = target
        headers = {"Gsctl-Version": number(), "User-Agent": f"gsctl/{number()}"}
        if target.token:
            headers["Authorization"] = f"Bearer {target.token}"
        self._client = httpx.Client(
            base_url=f"{target.url}/v1/environments/{target.environment}",
            headers=headers, timeout=httpx.Timeout(_ANSWER_S, connect=10.0),
            verify=ssl.create_default_context(),  # what this machine trusts
            trust_env=not is_loopback(target.url),  # a proxy gets no token for the loopback
        )  # fmt: skip

    def nouns(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, kind: type = tuple
    ) -> Any:
        """An answer of nouns, which is of that class."""
        from reconciler import wire

        answer = self._asked(method, path, body, _NOUNS)
        try:
            return wire.loaded(answer.content, kind)
        except wire.NotUnderstood as error:
            raise self._stranger("what it says is not understood") from error

    def told(self, path: str, body: Mapping[str, Any]) -> Generator[Any]:
        """The nouns that are told while something is done, as they come. Raises Stop."""
        from reconciler import wire

        with self._streamed("POST", path, wire.LINES, body) as answer:
            for line in filter(None, wire.lines(answer.iter_bytes())):  # empty: it still goes on
                try:
                    yield wire.loaded(line, object)
                except wire.NotUnderstood as error:
                    raise self._stranger("what it says is not understood") from error

    def json(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """An answer for everybody."""
        return self._asked(method, path, body, "application/json").json()

    @contextmanager
    def stream(self, path: str, kind: str) -> Iterator[Iterator[bytes]]:
        """The bytes of an answer of that media type, as they come. Raises Stop."""
        with self._streamed("GET", path, kind) as answer:
            yield answer.iter_bytes()

    @contextmanager
    def _streamed(
        self, method: str, path: str, kind: str, body: Mapping[str, Any] | None = None
    ) -> Iterator[httpx.Response]:
        import httpx

        headers = {"Accept": kind}
        try:
            with self._client.stream(method, path, json=body, headers=headers) as answer:
                if not answer.is_success:
                    answer.read()
                    raise self._refused(answer)
                if answer.headers.get("content-type") != kind:
                    raise self._stranger("what answers there is something else")
                yield answer
        except httpx.HTTPError as error:
            raise self._unreached(error) from error

    def close(self) -> None:
        """Hang up."""
        self._client.close()

    def _asked(
        self, method: str, path: str, body: Mapping[str, Any] | None, accept: str
    ) -> httpx.Response:
        """An answer that is what was asked for. Raises Stop."""
        import httpx

        try:
            answer = self._client.request(method, path, json=body, headers={"Accept": accept})
        except httpx.TimeoutException as error:
            raise complain(f"{self._target} did not answer in time", "CX107",
                           "is it very busy? ask again") from error  # fmt: skip
        except httpx.HTTPError as error:
            raise self._unreached(error) from error
        if answer.headers.get("content-type", "").partition(";")[0] not in (
            _NOUNS,
            "application/json",
        ):
            raise self._stranger("what answers there is something else")
        if answer.is_success:
            return answer
        raise self._refused(answer)

    def _unreached(self, error: Exception) -> Stop:
        if "certificate" in str(error).lower() or "ssl" in str(error).lower():
            hint = "is it the right address? SSL_CERT_FILE names who is trusted"
            return complain(f"{self._target} cannot be trusted: {error}", "CX108", hint)
        hint = "does it run? its first lines tell where it answers"
        return complain(f"{self._target} cannot be reached: {error}", "CX107", hint)

    def _stranger(self, why: str) -> Stop:
        says = f"{self._target} is no coordinator of this version: {why}"
        hint = f"this is gsctl {number()}; `gsctl version` there tells the other"
        return complain(says, "CX106", hint)

    def _refused(self, answer: httpx.Response) -> Stop:
        """The problems that it told."""
        try:
            problems = [_problem(plain) for plain in answer.json()["problems"]]
        except (ValueError, KeyError, TypeError) as error:
            raise self._stranger(f"it answered {answer.status_code}") from error
        if answer.status_code == 401 and not self._target.token:
            hint = f"set {TOKEN}, or {TOKEN_FILE}, or name a file: `gsctl context add`"
            problems = [Problem("error", "a token is needed", "HT101", hint=hint)]
        changed = any(problem.code == "PX104" for problem in problems)
        codes = {409: Exit.CHANGED if changed else Exit.REFUSED, 403: Exit.REFUSED}
        return Stop(*problems, code=codes.get(answer.status_code, Exit.FAILED))


def _problem(plain: Mapping[str, Any]) -> Problem:
    """A problem as the coordinator spelled it."""
    at = Location(plain["file"], plain["line"], plain["column"]) if plain["file"] else None
    hint = next((ours for path, ours in _HINTS if plain["hint"].startswith(path)), plain["hint"])
    return Problem(plain["severity"], plain["summary"], plain["code"], at, hint,
                   plain["excerpt"], plain["address"])  # fmt: skip
