"""serve.py MODULE:FACTORY PORT [service arguments]: a WSGI application on loopback, one request at a time."""
import importlib
import socketserver
import sys
import wsgiref.simple_server as w


class Server(w.WSGIServer):
    request_queue_size = 64

    def server_bind(self):
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]
        self.setup_environ()


class Handler(w.WSGIRequestHandler):
    def address_string(self):
        return self.client_address[0]

    def log_message(self, *a):
        pass


def main():
    target, port = sys.argv[1], int(sys.argv[2])
    mod, fn = target.split(':')
    sys.argv[:] = [mod] + sys.argv[3:]
    factory = getattr(importlib.import_module(mod), fn)
    app = factory()
    srv = w.make_server('127.0.0.1', port, app, Server, Handler)
    srv.serve_forever()


if __name__ == '__main__':
    main()
