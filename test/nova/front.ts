/** What stands before a cloud's API in the world: TLS by an authority of its own, and a proxy that alone knows the way. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A name that only the proxy knows. */
export const NAME = 'cloud.lab.invalid';

/** Certificates: `good` for 127.0.0.1 and {@link NAME}, `expired`, `elsewhere` for another name; `own` is a client's. */
export type Certificate = 'good' | 'expired' | 'elsewhere' | 'own';

export interface Authority {
  readonly folder: string;
  /** Path of the certificates of the authority, of another one, of the one that is called so, and of its key. */
  file(name: 'ca' | 'other' | Certificate, ending?: 'pem' | 'key'): string;
  remove(): void;
}

/** An authority, another one that signed nothing, and certificates of the first one; by openssl. */
export function makeAuthority(): Authority {
  const folder = mkdtempSync(path.join(tmpdir(), 'livemig-tls-'));
  const file = (name: string, ending = 'pem'): string => path.join(folder, `${name}.${ending}`);
  const openssl = (...argv: string[]): void => void execFileSync('openssl', argv, { stdio: 'ignore' });
  const request = (name: string, out: string, ...more: string[]): void => {
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', file(name, 'key')];
    openssl('req', ...key, '-subj', `/CN=${name}`, '-out', out, ...more);
  };
  const by = ['-CA', file('ca'), '-CAkey', file('ca', 'key')];
  const signed = (name: string, names: string): void =>
    request(name, file(name), '-x509', '-days', '30', ...by, '-addext', `subjectAltName=${names}`);
  for (const name of ['ca', 'other']) request(name, file(name), '-x509', '-days', '30');
  signed('good', `IP:127.0.0.1,DNS:${NAME}`);
  signed('elsewhere', 'DNS:other.example.org');
  signed('own', 'DNS:livemig');

  // Only this command of openssl's makes what has expired already.
  writeFileSync(file('ca', 'index'), '');
  writeFileSync(
    file('ca', 'cnf'),
    `[ca]\ndefault_ca = own\n[own]\ndatabase = ${file('ca', 'index')}\nnew_certs_dir = ${folder}\nrand_serial = yes\npolicy = any\ndefault_md = sha256\nx509_extensions = names\n[any]\ncommonName = supplied\n[names]\nsubjectAltName = IP:127.0.0.1\n`,
  );
  request('expired', file('expired', 'csr'), '-new');
  const dates = ['-startdate', '20200101000000Z', '-enddate', '20200201000000Z'];
  const own = ['-config', file('ca', 'cnf'), '-cert', file('ca'), '-keyfile', file('ca', 'key')];
  openssl('ca', '-batch', '-notext', ...own, ...dates, '-in', file('expired', 'csr'), '-out', file('expired'));
  return { folder, file, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

export interface Front {
  readonly port: number;
  /** Shows another certificate from now on. */
  show(certificate: Certificate): void;
  close(): Promise<void>;
}

/** Speaks TLS before services of loopback, as haproxy does. @param to the port that a path leads to */
export async function startFront(authority: Authority, to: (path: string) => number, mutual = false): Promise<Front> {
  const tlsOf = (name: Certificate) => ({
    cert: readFileSync(authority.file(name)),
    key: readFileSync(authority.file(name, 'key')),
  });
  const ca = readFileSync(authority.file('ca'));
  const options = { ...tlsOf('good'), ...(mutual && { requestCert: true, rejectUnauthorized: true, ca }) };
  const server = https.createServer(options, (request, response) => {
    const { url = '/', method, headers } = request;
    const inward = http.request({ host: '127.0.0.1', port: to(url), path: url, method, headers }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
    });
    inward.on('error', () => response.destroy());
    request.pipe(inward);
  });
  const port = await listen(server);
  return {
    port,
    show: (name) => server.setSecureContext(tlsOf(name)),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export interface TestProxy {
  readonly port: number;
  /** What it was asked for: `CONNECT cloud:5000`, `GET http://cloud:5000/v3`. */
  readonly asked: string[];
  close(): Promise<void>;
}

/**
 * A proxy as squid is one: CONNECT for TLS, whole URLs for the rest. All hosts are 127.0.0.1 to it.
 * @param password without `me` and that it lets nobody through
 */
export async function startProxy(password?: string): Promise<TestProxy> {
  const asked: string[] = [];
  const sockets = new Set<net.Socket>();
  const right = password === undefined ? undefined : `Basic ${Buffer.from(`me:${password}`).toString('base64')}`;
  const server = http.createServer((request, response) => {
    const { url = '', method, headers } = request;
    asked.push(`${method} ${url}`);
    const { 'proxy-authorization': who, ...others } = headers;
    if (who !== right) return void response.writeHead(407).end();
    const { port, pathname, search } = new URL(url);
    const options = { host: '127.0.0.1', port, path: pathname + search, method, headers: others };
    const inward = http.request(options, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
    });
    inward.on('error', () => response.writeHead(503).end());
    request.pipe(inward);
  });
  server.on('connect', ({ url = '', headers }, socket: net.Socket) => {
    asked.push(`CONNECT ${url}`);
    socket.on('error', () => socket.destroy());
    if (headers['proxy-authorization'] !== right)
      return void socket.end('HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n');
    const port = Number(url.replace(/^.*:/, ''));
    const outward = net.connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      socket.pipe(outward).pipe(socket);
    });
    sockets.add(socket).add(outward);
    outward.on('error', () => socket.end('HTTP/1.1 503 Service Unavailable\r\n\r\n'));
    socket.on('close', () => outward.destroy());
  });
  const port = await listen(server);
  return {
    ...{ port, asked },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function listen(server: net.Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as net.AddressInfo).port;
}
