// EventHTTP
