import { connect, type Socket } from 'node:net';

export interface RawAnswer {
  status: number;
  text: string;
}

interface Waiting {
  resolve: (answer: RawAnswer) => void;
  reject: (error: Error) => void;
}

const HEAD_END = '\r\n\r\n';
const LENGTH = /^content-length: *(\d+)/im;

/**
 * HTTP/1.1 over kept connections, one request on each at a time and one write for each: what is
 * measured with it is the server and the system, hardly the client. Answers need a Content-Length.
 */
export class RawHttp {
  readonly #host: string;
  readonly #port: number;
  /** Those that the server has closed among them are not used again. */
  readonly #idle: RawConnection[] = [];
  readonly #all = new Set<RawConnection>();

  constructor(url: string) {
    const { hostname, port } = new URL(url);
    this.#host = hostname;
    this.#port = Number(port);
  }

  async send(head: string, body: string): Promise<RawAnswer> {
    let connection = this.#idle.pop();
    while (connection?.isClosed === true) connection = this.#idle.pop();
    connection ??= await this.#open();
    const length = Buffer.byteLength(body);
    const text = `${head}\r\nHost: ${this.#host}\r\nContent-Length: ${length}${HEAD_END}${body}`;
    const answer = await connection.send(text);
    this.#idle.push(connection);
    return answer;
  }

  close(): void {
    for (const connection of this.#all) connection.close();
  }

  #open(): Promise<RawConnection> {
    return new Promise((resolve, reject) => {
      const socket = connect(this.#port, this.#host, () => {
        const connection = new RawConnection(socket);
        this.#all.add(connection);
        resolve(connection);
      });
      socket.setNoDelay(true).once('error', reject);
    });
  }
}

class RawConnection {
  readonly #socket: Socket;
  #received = '';
  #waiting: Waiting | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    // latin1: a character is a byte, as Content-Length counts.
    socket.setEncoding('latin1').on('data', (text: string) => this.#take(text));
    socket.on('error', (error) => this.#waiting?.reject(error));
    socket.on('close', () => this.#waiting?.reject(new Error('the connection was closed')));
  }

  send(text: string): Promise<RawAnswer> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#socket.write(text);
    });
  }

  get isClosed(): boolean {
    return !this.#socket.writable;
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(text: string): void {
    this.#received += text;
    const headLength = this.#received.indexOf(HEAD_END);
    if (headLength < 0) return;
    const head = this.#received.slice(0, headLength);
    const start = headLength + HEAD_END.length;
    const end = start + Number(LENGTH.exec(head)?.[1] ?? 0);
    if (this.#received.length < end) return;
    const body = Buffer.from(this.#received.slice(start, end), 'latin1').toString('utf8');
    this.#received = this.#received.slice(end);
    const { resolve } = this.#waiting ?? {};
    this.#waiting = undefined;
    resolve?.({
      status: Number(head.slice('HTTP/1.1 '.length, 'HTTP/1.1 200'.length)),
      text: body,
    });
  }
}
