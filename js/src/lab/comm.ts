/*
 * A transport to a kernel of JupyterLab: requests on the control channel, which
 * is served while a cell runs, and pushes on a comm of well-known id.
 *
 * The comm is made locally, without a handshake: a kernel that is busy cannot
 * answer one, and a push must arrive all the same.
 */
import type { Kernel } from '@jupyterlab/services';
import { KernelMessage } from '@jupyterlab/services';
import type { JSONObject } from '@lumino/coreutils';
import {
  PUSH_COMM_ID,
  PUSH_COMM_TARGET,
  REPLY_MSG_TYPE,
  REQUEST_MSG_TYPE
} from '../schema/messages';
import type { Push, Reply, Request } from '../schema/messages';
import { Signal } from '../state/signal';
import { TransportError } from '../state/transport';
import type { Transport } from '../state/transport';

/** How long an answer may take before it is reported as missing. */
export const ANSWER_TIMEOUT_MS = 10_000;

/** The road to one kernel connection. */
export class KernelTransport implements Transport {
  readonly pushed = new Signal<Push>();
  private readonly futures = new Set<Kernel.IControlFuture>();
  private comm: Kernel.IComm | null = null;
  private disposed = false;

  constructor(private readonly kernel: Kernel.IKernelConnection) {
    this.listen();
  }

  /** Send a request; a kernel without mandala-lab never answers. */
  request(request: Request): Promise<Reply> {
    if (this.disposed || this.kernel.isDisposed || this.kernel.status === 'dead') {
      return Promise.reject(new TransportError('The kernel is gone. Start it again and retry.'));
    }
    const future = this.kernel.sendControlMessage(controlMessage(this.kernel, request), true, true);
    this.futures.add(future);
    return new Promise<Reply>((resolve, reject) => {
      const timer = setTimeout(() => reject(noAnswer(request)), ANSWER_TIMEOUT_MS);
      future.onReply = message => {
        clearTimeout(timer);
        this.futures.delete(future);
        if ((message.header.msg_type as string) === REPLY_MSG_TYPE) {
          resolve(message.content as unknown as Reply);
        } else {
          reject(noAnswer(request));
        }
      };
    });
  }

  /** Stop listening, drop what waits. Nothing is said to the kernel. */
  dispose(): void {
    this.disposed = true;
    this.futures.forEach(future => future.dispose());
    this.futures.clear();
    this.comm?.dispose();
    this.comm = null;
    this.pushed.clear();
  }

  private listen(): void {
    if (this.disposed || this.kernel.isDisposed || this.kernel.hasComm(PUSH_COMM_ID)) {
      return;
    }
    const comm = this.kernel.createComm(PUSH_COMM_TARGET, PUSH_COMM_ID);
    comm.onMsg = message => this.pushed.emit(message.content.data as unknown as Push);
    // The kernel may close its end and open it again under the same id. The closed
    // comm still takes itself off the list after this, so wait until it has.
    comm.onClose = () => void setTimeout(() => this.listen(), 0);
    this.comm = comm;
  }
}

function controlMessage(
  kernel: Kernel.IKernelConnection,
  request: Request
): KernelMessage.IControlMessage {
  const message = KernelMessage.createMessage({
    // Jupyter's types list its own messages only; kernels accept further ones.
    msgType: REQUEST_MSG_TYPE as KernelMessage.ControlMessageType,
    channel: 'control',
    username: kernel.username,
    session: kernel.clientId,
    content: request as unknown as JSONObject
  } as unknown as KernelMessage.IOptions<KernelMessage.IDebugRequestMsg>);
  return message;
}

function noAnswer(request: Request): TransportError {
  return new TransportError(
    `Asked the kernel for "${request.type}", found no answer within ` +
      `${ANSWER_TIMEOUT_MS / 1000} s. Code that holds Python's lock delays it: ` +
      'try again, or check that %load_ext mandala_lab has run.'
  );
}
