-- wrk asks the paths of a file (its first argument) one behind the other, each thread
-- from a place of its own, so that no reply can be kept from the request before.
local paths, at = {}, 0
local threads = 0

function setup(thread)
    thread:set("place", threads)
    threads = threads + 1
end

function init(arguments)
    for line in io.lines(arguments[1]) do
        paths[#paths + 1] = wrk.format("GET", line)
    end
    at = math.floor(#paths / 2) * (place or 0)
end

function request()
    at = at % #paths + 1
    return paths[at]
end
