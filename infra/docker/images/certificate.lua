-- Gives HAProxy the certificate of the ingress when its files have changed. New connections get it; open connections continue.
-- A pair that cannot be used is logged once, and the previous pair stays in use. HAProxy itself accepts the key of another
-- certificate and then refuses all connections, so each pair is first tried on another port.

local stored = "/tmp/ingress.pem"
local candidate = "/tmp/candidate.pem"
-- Also in haproxy.cfg.
local check_port = 5444
local check_seconds = 2
local interval_seconds = 2
local max_bytes = 1024 * 1024

local function read(path)
  local file, fault = io.open(path, "rb")
  if file == nil then
    return nil, fault
  end
  local content = file:read(max_bytes)
  file:close()
  if content == nil then
    return nil, path .. " is empty"
  end
  return content
end

-- Certificate and key in one text, as the script that starts the container writes them.
local function read_pair()
  local certificate, fault = read(os.getenv("TLS_CERT_FILE"))
  if certificate == nil then
    return nil, fault
  end
  local key
  key, fault = read(os.getenv("TLS_KEY_FILE"))
  if key == nil then
    return nil, fault
  end
  return certificate .. "\n" .. key
end

-- Returns why HAProxy does not accept the pair for this file of its configuration. HAProxy 2.6.12 has the field "crt";
-- 3.0.11 refuses it and has a field without a name, for the file that the configuration names.
local function set(filename, pair)
  local isSet, fault = pcall(CertCache.set, { filename = filename, crt = pair })
  if not isSet and tostring(fault):find("Unsupported field 'crt'", 1, true) then
    isSet, fault = pcall(CertCache.set, { filename = filename, [""] = pair })
  end
  if isSet then
    return nil
  end
  return tostring(fault)
end

-- Returns why a client cannot use the candidate.
local function try_candidate()
  local client = core.tcp()
  client:settimeout(check_seconds)
  local answer
  if client:connect_ssl("127.0.0.1", check_port) then
    client:send("GET / HTTP/1.0\r\n\r\n")
    answer = client:receive("*l")
  end
  client:close()
  if answer ~= nil and answer:find(" 204 ") then
    return nil
  end
  return "the key is not that of the certificate, or clients refuse it"
end

-- Returns why the pair cannot be used.
local function replace(pair)
  return set(candidate, pair) or try_candidate() or set(stored, pair)
end

core.register_task(function()
  local used = read(stored)
  local last, found, logged
  while true do
    core.sleep(interval_seconds)
    local pair, fault = read_pair()
    -- The two files are replaced one after the other, so a pair is used if two checks have found it.
    if pair ~= nil and pair ~= used and pair == last then
      fault = replace(pair)
      if fault == nil then
        used = pair
        core.log(core.notice, "certificate-replaced")
      end
    end
    last = pair
    if fault ~= nil and fault == found and fault ~= logged then
      core.log(core.err, "certificate-refused: " .. fault)
      logged = fault
    end
    if pair ~= nil and pair == used then
      logged = nil
    end
    found = fault
  end
end)
