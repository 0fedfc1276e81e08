-- wrk's script: posts one body, with the next officer's token each time, and checks every answer.
-- Arguments: body file, content type, token file ("-" without tokens), text every answer must hold.

local threads = {}
local prepared = {}
local next_one = 0
local expected
wrong = 0

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
  local headers = { ["Content-Type"] = args[2] }
  expected = args[4]
  if args[3] == "-" then
    prepared[1] = wrk.format("POST", nil, headers, body)
    return
  end
  for token in read(args[3]):gmatch("[^\n]+") do
    headers["Authorization"] = "Bearer " .. token
    table.insert(prepared, wrk.format("POST", nil, headers, body))
  end
end

function request()
  next_one = next_one % #prepared + 1
  return prepared[next_one]
end

function response(status, headers, body)
  if status ~= 200 or not body:find(expected, 1, true) then
    wrong = wrong + 1
  end
end

function done(summary, latency, requests)
  local wrong_answers = 0
  for _, thread in ipairs(threads) do
    wrong_answers = wrong_answers + thread:get("wrong")
  end
  local errors = summary.errors
  io.write(string.format(
    "result requests=%d microseconds=%d wrong=%d broken=%d p50=%d p99=%d\n",
    summary.requests, summary.duration, wrong_answers,
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50), latency:percentile(99)
  ))
end
