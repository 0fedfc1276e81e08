-- wrk's script: callers that think for a while before they ask again, and a line for each answer.
-- Arguments: body file, file of callers' tokens (a line each), where to write, how long a caller thinks at
-- least and at most, in milliseconds, and how many callers there are: they begin one after another. A line is
-- "found|shed|crowded|odd status sent took lookup", in microseconds since the start; whose answer it is says the
-- X-Request-Id, which comes back. Run it with one thread.

local ffi = require("ffi")
ffi.cdef("typedef struct { long seconds, nanoseconds; } bench_time; int clock_gettime(int, bench_time *);")

local FLUSH_EVERY = 100000
local now_is = ffi.new("bench_time")
local prepared = {}
local sent_at = {}
local number = 0
local flushed = 0
local yet_to_begin = 0
local began, lines, least, most

local function now()
  ffi.C.clock_gettime(1, now_is)
  return tonumber(now_is.seconds) * 1000000 + math.floor(tonumber(now_is.nanoseconds) / 1000)
end

local function read(path)
  local file = assert(io.open(path, "rb"))
  local content = file:read("*a")
  file:close()
  return content
end

function init(args)
  local body = read(args[1])
  lines = assert(io.open(args[3], "w"))
  lines:setvbuf("full", 1048576)
  least, most, yet_to_begin = tonumber(args[4]), tonumber(args[5]), tonumber(args[6])
  for token in read(args[2]):gmatch("[^\n]+") do
    local headers = {
      ["Authorization"] = "Bearer " .. token,
      ["Content-Type"] = "application/json",
      ["X-Request-Id"] = "#",
    }
    local whole = wrk.format("POST", nil, headers, body)
    local before, after = whole:match("^(.-X%-Request%-Id: )#(.*)$")
    table.insert(prepared, { before = before, after = after })
  end
  began = now()
  if most == 0 then
    delay = nil
  end
end

function delay()
  if yet_to_begin > 0 then
    yet_to_begin = yet_to_begin - 1
    return math.random(0, (least + most) / 2)
  end
  return math.random(least, most)
end

function request()
  number = number + 1
  local id = string.format("caffee00-face-7ade-8bed-beef%08x", number)
  local one = prepared[number % #prepared + 1]
  sent_at[id] = now()
  return one.before .. id .. one.after
end

local function kind(status, headers, body)
  if status == 200 and body:find('"outcome":"found"', 1, true) then
    return "found"
  end
  local told = headers["retry-after"] or headers["Retry-After"]
  if status == 503 and told and body:find('"code":"gateway_overloaded"', 1, true) then
    return "shed"
  end
  if status == 503 and told and body:find('"code":"national_side_crowded"', 1, true) then
    return "crowded"
  end
  return "odd"
end

function response(status, headers, body)
  local id = headers["x-request-id"] or headers["X-Request-Id"] or ""
  local ended, sent = now(), sent_at[id]
  local name = sent and kind(status, headers, body) or "odd"
  sent_at[id] = nil
  sent = sent or ended
  local lookup = headers["x-lookup-id"] or headers["X-Lookup-Id"] or "-"
  lines:write(name, " ", status, " ", sent - began, " ", ended - sent, " ", lookup, "\n")
  if ended - flushed > FLUSH_EVERY then
    lines:flush()
    flushed = ended
  end
end

function done(summary)
  local errors = summary.errors
  io.write(string.format("broken %d\n", errors.connect + errors.read + errors.write + errors.timeout))
end
