/*
 * A transport to a kernel of JupyterLab: requests on the control channel, which
 * is served while a cell runs, and pushes on a comm of well-known id.
 *
 * The comm is made locally, without a handshake: a kernel that is busy cannot
 * answer one, and a push must arrive all the same.
 */
import type { Kernel } from '@jupyterlab/services';
import { KernelAPI, KernelMessage } from '@jupyterlab/services';
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

/** A kernel that has not listed its comms by then is starting, or busy: the server knows. */
export const BUSY_AFTER_MS = 500;

/** As often as that it has to be busy: it is for a moment with the very question, or while it starts. */
export const BUSY_LOOKS = 3;

const GONE = 'The kernel is gone. Start it again and retry.';

/** The road to one kernel connection. */
export class KernelTransport implements Transport {
  readonly pushed = new Signal<Push>();
  private readonly futures = new Set<Kernel.IControlFuture>();
  private comm: Kernel.IComm | null = null;
  private disposed = false;
  private known = false;

  constructor(
    private readonly kernel: Kernel.IKernelConnection,
    private readonly isBusy: () => Promise<boolean> = () => saysServerBusy(kernel)
  ) {
    this.listen();
  }

  /** Send a request; a kernel without mandala-lab is not troubled with it. */
  async request(request: Request): Promise<Reply> {
    this.refuseWhenGone();
    if (!this.known && !(await this.mayKnowUs())) {
      throw new TransportError(
        'This kernel has not loaded mandala-lab: run %load_ext mandala_lab.'
      );
    }
    this.refuseWhenGone();
    return this.send(request);
  }

  private refuseWhenGone(): void {
    if (this.disposed || this.kernel.isDisposed || this.kernel.status === 'dead') {
      throw new TransportError(GONE);
    }
  }

  /**
   * Whether the kernel lists our comm, or is too busy with a cell to say. A kernel that
   * gets a control message it does not know prints an error where its owner reads it.
   */
  private async mayKnowUs(): Promise<boolean> {
    const listed = this.kernel
      .requestCommInfo({ target_name: PUSH_COMM_TARGET })
      .then(({ content }) => content.status !== 'ok' || PUSH_COMM_ID in content.comms)
      .catch(() => true);
    for (let look = 0; look < BUSY_LOOKS; look++) {
      const late = new Promise<null>(resolve => setTimeout(() => resolve(null), BUSY_AFTER_MS));
      const known = await Promise.race([listed, late]);
      if (known !== null) {
        return known;
      }
      if (!(await this.isBusy())) {
        return listed;
      }
    }
    return true;
  }

  private send(request: Request): Promise<Reply> {
    const future = this.kernel.sendControlMessage(controlMessage(this.kernel, request), true, true);
    this.futures.add(future);
    return new Promise<Reply>((resolve, reject) => {
      const timer = setTimeout(() => reject(noAnswer(request)), ANSWER_TIMEOUT_MS);
      future.done.catch(() => {
        clearTimeout(timer); // the kernel restarted, or nobody waits any more
        this.futures.delete(future);
        reject(new TransportError(GONE));
      });
      future.onReply = message => {
        clearTimeout(timer);
        this.futures.delete(future);
        this.known = true;
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
    comm.onMsg = message => {
      this.known = true;
      this.pushed.emit(message.content.data as unknown as Push);
    };
    // The kernel may close its end and open it again under the same id. The closed
    // comm still takes itself off the list after this, so wait until it has.
    comm.onClose = () => void setTimeout(() => this.listen(), 0);
    this.comm = comm;
  }
}

/** Whether a cell runs in the kernel, as its server says. */
async function saysServerBusy({ id, serverSettings }: Kernel.IKernelConnection): Promise<boolean> {
  const model = await KernelAPI.getKernelModel(id, serverSettings).catch(() => undefined);
  return model?.execution_state === 'busy';
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
