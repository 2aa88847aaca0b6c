"""The small program inside HAProxy that lets requests wait while their app is paused, or answers with its page.

It looks at the row of the app again and again, ten times a second at most, so that a pause ends for all who wait
without anybody waking them. It cannot know whether a client has gone meanwhile: that is why only safe methods are
held unless everything is asked for.
"""

from __future__ import annotations

from verdigris.adapters.routers.haproxy.settings import Door
from verdigris.adapters.routers.haproxy.words import SHARE, page_of

__all__ = ["HELD", "program"]

HELD = "verdigris held"
"""The command on the runtime socket that tells how many requests wait: one line for each app."""

PROGRAM = """\
-- Written by verdigris and replaced whenever it changes: nothing that is edited here stays.
local rows = Map.new("{share}", Map._str)
local sites = {{{sites}}}
local held = {{}}  -- by app, how many began to wait in which second: who was lost on the way is forgotten with it

local function count(app, site)
  local oldest, sum = core.now().sec - site.longest / 1000 - 1, 0
  for second, waiting in pairs(held[app]) do
    if second < oldest then held[app][second] = nil else sum = sum + waiting end
  end
  return sum
end

local function pause_of(row)
  return row and string.match(row, "/pause=(%a+)/")
end

for app in pairs(sites) do held[app] = {{}} end

local function refuse(txn)
  txn:set_var("txn.refused", "paused")
end

-- Read each time: what is shown is the page as it is now, in a process that leaves as well.
local function show(txn, site)
  local file = io.open(site.page, "rb")
  if not file then return refuse(txn) end
  local reply = txn:reply({{ status = 503, body = file:read("a") }})
  file:close()
  reply:add_header("Content-Type", "text/html; charset=utf-8")
  reply:add_header("Retry-After", site.retry_after)
  reply:add_header("X-Verdigris-Error", "maintenance")
  txn:done(reply)
end

core.register_action("hold", {{ "http-req" }}, function(txn)
  local app = txn:get_var("txn.app")
  local site = sites[app]
  if site and pause_of(txn:get_var("txn.row")) == "maintenance" then return show(txn, site) end
  if not site or txn.sf:path() == site.health then return end
  local method = txn.sf:method()
  local safe = method == "GET" or method == "HEAD" or method == "OPTIONS"
  if pause_of(txn:get_var("txn.row")) == "safe" and not safe then return refuse(txn) end
  if count(app, site) >= site.most then return refuse(txn) end
  local began, mine = core.now().sec, held[app]
  mine[began] = (mine[began] or 0) + 1
  local waited, row = 0, nil
  repeat
    local nap = math.min(math.random(100, 150), site.longest - waited)
    core.msleep(nap)
    waited = waited + nap
    row = rows:lookup(app)
  until not pause_of(row) or waited >= site.longest
  if mine[began] then mine[began] = mine[began] - 1 end
  if pause_of(row) then return refuse(txn) end
  txn:set_var("txn.row", row)
end)

core.register_cli({{ "verdigris", "held" }}, "verdigris held: how many requests of each app wait", function(applet)
  for app, site in pairs(sites) do
    applet:send(app .. " " .. count(app, site) .. "\\n")
  end
end)
"""


def program(door: Door) -> str:
    """The program with what it has to know of each site."""
    sites = "".join(
        f'\n  ["{site.app}"] = {{ health = "{_health(site.path, site.health_path, site.strip)}",'
        f' page = "{page_of(site.app)}", retry_after = "{round(site.maintenance.retry_after)}",'
        f" longest = {round(site.patience.longest * 1000)}, most = {site.patience.most} }},"
        for site in door.sites
    )
    return PROGRAM.format(share=SHARE, sites=f"{sites}\n" if sites else "")


def _health(prefix: str, path: str, strip: bool) -> str:
    """The health path as a client asks for it."""
    return f"{prefix.rstrip('/')}{path}" if strip else path
