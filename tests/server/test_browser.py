"""The pages in a real browser: by keyboard alone, on a phone, with hostile names, and live."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from coordinator import Coordinator, until
from leftovers import end_processes
from playwright.sync_api import Browser, Page, expect
from served import Served, await_phase, serving
from test_pages import READ, token_of

pytestmark = pytest.mark.engine

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&{{7*7}}\u202egnp"
WIDTHS = [(1200, 800), (390, 844)]

# What a reader who cannot see the page relies on, as rules of WCAG that a program can check.
FLAWS = """() => {
  const found = [], all = s => [...document.querySelectorAll(s)];
  const shown = e => e.checkVisibility({checkVisibilityCSS: true});
  const name = e => (e.getAttribute('aria-label') || e.innerText || e.alt || '').trim();
  if (all('main').length !== 1) found.push('main');
  if (all('h1').length !== 1) found.push('h1');
  if (!document.documentElement.lang || !document.title) found.push('lang or title');
  let level = 1;
  for (const h of all('h1,h2,h3,h4')) {
    const n = +h.tagName[1]; if (n > level + 1) found.push('skips to ' + h.outerHTML); level = n; }
  for (const e of all('a[href],button,summary')) if (shown(e) && !name(e)) found.push('no name: ' + e.outerHTML);
  for (const e of all('input:not([type=hidden]),select,textarea'))
    if (!e.labels.length) found.push('no label: ' + e.outerHTML);
  for (const e of all('nav,section')) if (!e.getAttribute('aria-label') && !e.getAttribute('aria-labelledby'))
    found.push('no name: ' + e.tagName);
  for (const e of all('[aria-labelledby],[aria-describedby]'))
    for (const id of (e.getAttribute('aria-labelledby') || e.getAttribute('aria-describedby')).split(' '))
      if (!document.getElementById(id)) found.push('names nothing: ' + id);
  const ids = all('[id]').map(e => e.id);
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) found.push('twice: ' + id);
  for (const e of all('th')) if (!e.scope) found.push('no scope: ' + e.outerHTML);
  for (const e of all('svg')) if (shown(e) && e.getAttribute('role') !== 'img') found.push('svg');
  return found;
}"""

# Text against what is behind it: 4.5 to 1, as AA wants of small text.
PALE = """() => {
  const parse = c => (c.match(/[\\d.]+/g) || []).map(Number);
  const light = c => { const [r, g, b] = c.map(v => { v /= 255;
    return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; }); return .2126 * r + .7152 * g + .0722 * b; };
  const behind = e => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor);
    if (c.length === 3 || c[3] > 0) return c.slice(0, 3); } return [255, 255, 255]; };
  const found = [], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) { const e = walk.currentNode.parentElement;
    if (!walk.currentNode.data.trim() || !e.checkVisibility()) continue;
    const style = getComputedStyle(e);
    const a = light(parse(e instanceof SVGElement ? style.fill : style.color).slice(0, 3)), b = light(behind(e));
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (ratio < 4.5) found.push(ratio.toFixed(2) + ': ' + walk.currentNode.data.trim()); }
  return found;
}"""


@contextmanager
def opened(browser: Browser, width: int = 1200, height: int = 800, **more: Any) -> Iterator[Page]:
    """A new window; whatever the browser complains of fails the test."""
    context = browser.new_context(viewport={"width": width, "height": height}, **more)
    page, said = context.new_page(), []
    page.on("console", lambda m: said.append(m.text) if m.type in ("warning", "error") else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
    try:
        yield page
    finally:
        context.close()
    assert not said


@contextmanager
def quiet(browser: Browser, width: int = 1200, height: int = 800) -> Iterator[Page]:
    """A new window for what is refused: the browser itself complains of that."""
    context = browser.new_context(viewport={"width": width, "height": height})
    try:
        yield context.new_page()
    finally:
        context.close()


@pytest.mark.parametrize(("width", "height"), WIDTHS)
@pytest.mark.parametrize("path", [*READ, "/things/Graph/none"])
def test_a_page_fits_its_window_and_has_no_flaw(
    chromium: Browser, open_one: Served, path: str, width: int, height: int
) -> None:
    window = quiet if path.endswith("/none") else opened
    with window(chromium, width, height) as page:
        page.goto(open_one.url + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(FLAWS) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_text_is_too_pale(chromium: Browser, open_one: Served, scheme: str) -> None:
    with opened(chromium, color_scheme=scheme) as page:
        for path in READ:
            page.goto(open_one.url + path)
            assert page.evaluate(PALE) == [], path


@pytest.fixture
def alone(written: Coordinator) -> Iterator[Served]:
    """One that nobody else asks: wrong tokens count by address, and all browsers have one."""
    with serving(written) as served:
        until(served.ready, "it is ready")
        yield served


def test_everything_is_reached_by_keyboard_alone(chromium: Browser, alone: Served) -> None:
    token = token_of(alone, "editor", "types")
    with alone.with_text(token) as client:
        await_phase(client, "Graph/people", "Ready")
    with quiet(chromium) as page:
        page.goto(f"{alone.url}/things/Graph/people")
        expect(page).to_have_title("Log in · gsctl")
        assert page.evaluate(FLAWS) == []
        assert page.evaluate(PALE) == []
        page.keyboard.type("gsctl_0_wrong")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_contain_text("no token that is known")
        assert page.evaluate(FLAWS) == []
        page.keyboard.type(token)
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_contain_text("people")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        assert page.locator(".skip").bounding_box()["y"] >= 0
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.innerText") == "Things"
        outline = "getComputedStyle(document.activeElement).outlineStyle"
        assert page.evaluate(outline) == "solid"
        page.keyboard.press("Enter")
        expect(page).to_have_url(f"{alone.url}/")
        reach(page, "Look now")
        page.keyboard.press("Enter")
        expect(page).to_have_url(f"{alone.url}/")
        reach(page, "ages")
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_contain_text("ages")
        reach(page, "Log out")
        page.keyboard.press("Enter")
        expect(page).to_have_url(f"{alone.url}/login")


def reach(page: Page, text: str) -> None:
    """Press Tab until what has that text has the focus."""
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.innerText") == text:
            return
    raise AssertionError(f"{text} cannot be reached")


def test_a_hostile_name_is_shown_and_never_obeyed(chromium: Browser, written) -> None:
    path = written.repository.path / "gsctl.yaml"
    text = path.read_text().replace(
        "metadata: {name: ages}", "metadata: {name: ages, description: D}"
    )
    text = text.replace(
        "name: people}\nspec:\n  engine", "name: people, description: D}\nspec:\n  engine"
    )
    quoted = '"' + HOSTILE.replace("\\", "\\\\").replace('"', '\\"') + '"'
    path.write_text(text.replace(" D", f" {quoted}"))
    with serving(written, "--insecure-loopback") as served:
        await_phase(served.client, "Graph/people", "Ready")
        with opened(chromium) as page:
            page.goto(f"{served.url}/things/Procedure/ages")
            shown = HOSTILE.replace("\u202e", "\\u202e")
            expect(page.locator("main")).to_contain_text(shown)
            page.goto(f"{served.url}/things/Graph/people")
            expect(page.locator(".diff")).to_contain_text("<script>alert(1)</script>")
            path.write_text(path.read_text().replace("age: int64", f"{quoted}: int64"))
            until(lambda: "complaint error" in served.client.get("/plan").text, "it is read")
            page.goto(f"{served.url}/plan")
            expect(page.locator(".complaint.error").first).to_contain_text("<script>alert(1)")
            page.goto(f"{served.url}/history")
            expect(page.locator("td .error").first).to_contain_text("<script>alert(1)")
    end_processes(written.repository.path)


def test_what_happens_is_shown_without_asking_again(chromium: Browser, written) -> None:
    with serving(written, "--insecure-loopback") as served:
        await_phase(served.client, "Graph/people", "Ready")
        with opened(chromium) as page, opened(chromium) as events:
            events.goto(f"{served.url}/events")
            page.goto(served.url)
            row = page.locator("tr", has=page.get_by_role("link", name="people")).first
            expect(row).to_contain_text("40")
            expect(events.locator("ol > li").first).to_contain_text("turn")
            page.locator("#t-Graph-people").focus()
            written.repository.write(version=2, rows=30)
            expect(row).to_contain_text("60", timeout=60_000)
            expect(events.locator(".step_finished", has_text="switch").first).to_be_visible()
            assert page.evaluate("document.activeElement.id") == "t-Graph-people"
            assert events.evaluate("scrollY") == 0
    end_processes(written.repository.path)


def test_people_act_on_a_graph_by_its_buttons(chromium: Browser, written) -> None:
    policy = "\n---\nkind: Policy\nmetadata: {name: care}\nspec: {approve: high-risk}\n"
    path = written.repository.path / "gsctl.yaml"
    with serving(written, "--insecure-loopback") as served:
        await_phase(served.client, "Graph/people", "Ready")
        text = path.read_text()
        path.write_text(text.replace(", age: int64", "").replace("min(p.age) AS low, max(p.age)",
                                                                 "min(p.id) AS low, max(p.id)") + policy)  # fmt: skip
        plan = "/v1/plan"
        until(lambda: served.client.get(plan).json()["asks"], "it waits for an approval")
        with opened(chromium, 390, 844) as page:
            page.goto(served.url)
            page.get_by_role("link", name="Graph/people waits for an approval").click()
            expect(page.locator(".diff del")).to_contain_text("age: int64")
            page.goto(f"{served.url}/plan")
            expect(page.locator(".risk.high").first).to_contain_text("data goes")
            press(page, "Approve", reason="nobody reads ages")
            expect(page.get_by_role("status").first).to_contain_text("Approved")
            until(lambda: not served.client.get(plan).json()["asks"], "it was done")
            expect(page.locator("#newer")).to_be_visible(timeout=20_000)
            copies = served.client.get("/v1/resources/Graph/people").json()["status"]
            page.goto(f"{served.url}/things/Graph/people")
            press(page, "Roll back")
            expect(page.get_by_role("status").first).to_contain_text("Rolled back")
            expect(page.locator("main")).to_contain_text("Held since")
            now = served.client.get("/v1/resources/Graph/people").json()["status"]
            assert now["copy"] == copies["previousCopy"]
            press(page, "Suspend")
            expect(page.locator(".choice", has_text="Resume")).to_have_count(1)
            press(page, "Resume")
            server = written.server()
            press(page, "Restart")
            expect(page.get_by_role("status").first).to_contain_text("Restarted")
            assert written.server() not in (None, server)
            page.get_by_role("link", name="What its server wrote").click()
            expect(page.locator("pre.log")).to_contain_text("serv")
            assert page.evaluate(FLAWS) == []
        log = (path.parent / ".gsctl/default/ledger/audit.jsonl").read_text()
        assert "nobody reads ages" in log
    end_processes(written.repository.path)


def press(page: Page, word: str, reason: str = "") -> None:
    """Open a button's form by the keyboard, say why, and send it."""
    choice = page.locator(".choice", has_text=word).first
    choice.locator("summary").press("Enter")
    choice.get_by_label("Reason").fill(reason)
    assert page.evaluate(FLAWS) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    choice.get_by_role("button").press("Enter")
    page.wait_for_url("**did=*")
