import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

/** The longest time without an answer. */
const ANSWER_TIMEOUT_MS = 5000;

/**
 * Questions over UDP, so many under way at once, each answered one making room for the next. It does no more than the
 * bench needs: of an answer it reads the id, the rcode and the number of answers.
 */
export class EnumClient {
  readonly #socket: Socket;
  readonly #apex: Buffer;
  #onAnswer: (answer: Buffer) => void = () => undefined;

  private constructor(socket: Socket, apex: string) {
    this.#socket = socket;
    const labels = apex.split('.').map((label) => Buffer.from([label.length, ...Buffer.from(label)]));
    this.#apex = Buffer.concat([...labels, Buffer.from([0, 0, 35, 0, 1])]);
    socket.on('message', (answer) => this.#onAnswer(answer));
  }

  static async open({ hostname, port }: URL, apex: string): Promise<EnumClient> {
    const socket = createSocket('udp4');
    socket.connect(Number(port), hostname);
    await once(socket, 'connect');
    return new EnumClient(socket, apex);
  }

  close(): void {
    this.#socket.close();
  }

  /** Bytes of the answer behind the question; throws if it has no record. */
  async bytesBehind(number: string): Promise<number> {
    const answered = once(this.#socket, 'message') as Promise<[Buffer]>;
    await this.rate(0, 1, () => number);
    const [answer] = await answered;
    return answer.length - this.#question(0, number).length;
  }

  /** Answers per second for so many seconds; throws at the first that has no record. */
  async rate(seconds: number, underWay: number, next: () => string): Promise<number> {
    const since = performance.now();
    const until = since + seconds * 1000;
    let [sent, answered] = [0, 0];
    const send = () => {
      this.#socket.send(this.#question(sent++ & 0xffff, next()));
    };
    await new Promise<void>((resolve, reject) => {
      const watch = setTimeout(() => reject(new Error(`no answer for ${ANSWER_TIMEOUT_MS} ms`)), ANSWER_TIMEOUT_MS);
      this.#onAnswer = (answer) => {
        if (((answer[3] ?? 0) & 0xf) !== 0 || answer.readUInt16BE(6) === 0) {
          clearTimeout(watch);
          reject(new Error(`no record: ${answer.toString('hex')}`));
          return;
        }
        answered++;
        if (answered % 64 === 0) watch.refresh();
        if (performance.now() < until) send();
        else if (answered === sent) {
          clearTimeout(watch);
          resolve();
        }
      };
      for (let index = 0; index < underWay; index++) send();
    });
    return answered / ((performance.now() - since) / 1000);
  }

  #question(id: number, number: string): Buffer {
    const bytes = Buffer.alloc(12 + 2 * number.length + this.#apex.length);
    bytes.writeUInt16BE(id, 0);
    bytes[5] = 1;
    for (let index = 0; index < number.length; index++) {
      bytes[12 + 2 * index] = 1;
      bytes[13 + 2 * index] = number.charCodeAt(number.length - 1 - index);
    }
    this.#apex.copy(bytes, 12 + 2 * number.length);
    return bytes;
  }
}
