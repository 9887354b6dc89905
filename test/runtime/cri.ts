/** A client of a container runtime, which asks what kubelet asks (Kubernetes' Container Runtime Interface, v1). */
import { credentials, loadPackageDefinition, type ServiceClientConstructor } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

export interface Runtime extends Disposable {
  // biome-ignore lint/suspicious/noExplicitAny: requests and answers are those of cri.proto
  call(method: string, request?: object): Promise<any>;
}

const definition = loadPackageDefinition(
  loadSync(`${import.meta.dir}/cri.proto`, { keepCase: true, enums: String, defaults: true }),
);
const Client = (definition as unknown as { runtime: { v1: { RuntimeService: ServiceClientConstructor } } }).runtime.v1
  .RuntimeService;

/** Connects to the socket. A call that fails throws the runtime's words, as they come in a Pod's event. */
export function connect(socket: string): Runtime {
  const client = new Client(`unix://${socket}`, credentials.createInsecure());
  return {
    call: (method, request = {}) =>
      new Promise((resolve, reject) => {
        const deadline = Date.now() + 120_000;
        const ask = client[method]?.bind(client) as unknown as Ask;
        ask(request, { deadline }, (error, answer) => (error ? reject(new Error(error.details)) : resolve(answer)));
      }),
    [Symbol.dispose]: () => client.close(),
  };
}

type Ask = (
  request: object,
  options: { deadline: number },
  done: (error: { details: string } | null, answer: unknown) => void,
) => void;
