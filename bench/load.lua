-- wrk's script: posts one body, by the next caller each time, and checks every answer.
-- Arguments: body file, file of callers (a line each, "Name: value" between tabs), the text that every
-- answer must hold, and a number: a run of # in the body is another number in each request, from there on.

local threads = {}
local prepared = {}
local next_one = 0
local number
local format
local limit
local expected
wrong = 0
odd = 0

local function read(path)
  local file = assert(io.open(path, "rb"))
  local content = file:read("*a")
  file:close()
  return content
end

function setup(thread)
  table.insert(threads, thread)
end

function init(args)
  local body = read(args[1])
  expected = args[3]
  number = tonumber(args[4])
  local marks = body:match("#+")
  if marks then
    format = "%0" .. #marks .. "d"
    limit = 10 ^ #marks
  end
  for caller in read(args[2]):gmatch("[^\n]+") do
    local headers = {}
    for name, value in caller:gmatch("([^\t:]+): ([^\t]+)") do
      headers[name] = value
    end
    local whole = wrk.format("POST", nil, headers, body)
    if marks then
      local first, last = whole:find(marks, 1, true)
      table.insert(prepared, { before = whole:sub(1, first - 1), after = whole:sub(last + 1) })
    else
      table.insert(prepared, whole)
    end
  end
end

function request()
  next_one = next_one % #prepared + 1
  local one = prepared[next_one]
  if not format then
    return one
  end
  number = (number + 1) % limit
  return one.before .. format:format(number) .. one.after
end

function response(status, headers, body)
  if status ~= 200 or not body:find(expected, 1, true) then
    wrong = wrong + 1
    odd = status
  end
end

function done(summary, latency, requests)
  local wrong_answers = 0
  local odd_status = 0
  for _, thread in ipairs(threads) do
    wrong_answers = wrong_answers + thread:get("wrong")
    odd_status = thread:get("odd")
  end
  local errors = summary.errors
  io.write(string.format(
    "result requests=%d microseconds=%d wrong=%d odd=%d broken=%d p50=%d p99=%d\n",
    summary.requests, summary.duration, wrong_answers, odd_status,
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50), latency:percentile(99)
  ))
end
