"""The API's addresses: each function reads a request, calls a service and forms the answer."""
