-- wrk: POST of a form with one field and a file of 200 KB, as a browser sends it. The file's bytes are a fixed sequence.
local boundary = "----idp-benchmark-7MA4YWxkTrZu0gW"
local bytes, state = {}, 1
for index = 1, 200000 do
  state = state * 48271 % 2147483647
  bytes[index] = string.char(state % 256)
end
local function part(disposition, content)
  return "--" .. boundary .. "\r\nContent-Disposition: form-data; " .. disposition .. "\r\n\r\n" .. content .. "\r\n"
end
wrk.method = "POST"
wrk.headers["Content-Type"] = "multipart/form-data; boundary=" .. boundary
wrk.body = part('name="fio"', "Applicant Name") ..
  part('name="file"; filename="paper.pdf"\r\nContent-Type: application/pdf', table.concat(bytes)) ..
  "--" .. boundary .. "--\r\n"
