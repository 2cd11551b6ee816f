-- wrk: POST of a form with a name and the document that DOCUMENT names.
local boundary = "----idp-benchmark-7MA4YWxkTrZu0gW"
local file = assert(io.open(os.getenv("DOCUMENT"), "rb"))
local document = file:read("*a")
file:close()
local function part(disposition, content)
  return "--" .. boundary .. "\r\nContent-Disposition: form-data; " .. disposition .. "\r\n\r\n" .. content .. "\r\n"
end
wrk.method = "POST"
wrk.headers["Content-Type"] = "multipart/form-data; boundary=" .. boundary
wrk.body = part('name="fio"', "Applicant Name") ..
  part('name="file"; filename="paper.pdf"\r\nContent-Type: application/pdf', document) ..
  "--" .. boundary .. "--\r\n"
