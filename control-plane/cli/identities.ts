import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command, Option } from "commander";
import { type ApiClientOptions, ApiError, callApi } from "./api-client.js";
import { addEndpointOptions, apiClientOf, type EndpointOptions } from "./api-options.js";
import { EnvironmentError } from "./credentials.js";
import { accountId, duration, meshName, name } from "./options.js";

interface ProxyOptions {
  mesh: string;
  meshOwner?: string;
  node?: string;
  gateway?: string;
}

interface IssueOptions extends ProxyOptions {
  token?: true;
  expiresIn?: number;
  out?: string;
}

/** How proofs of who proxies are, and what signs them, are managed in a control plane that runs. */
export function identitiesCommand(): Command {
  return new Command("identities")
    .description("issue, list and take back what proxies prove by who they are, and replace what signs it")
    .addCommand(
      ofProxy(at("issue", "issue a certificate, or a token, to the proxies of a virtual node or gateway"))
        .option("--token", "issue a token instead of a certificate with its key")
        .addOption(
          new Option("--expires-in <time>", "when it ends, such as 90d, 12h or 30m (default: 90d)").argParser(
            duration,
          ),
        )
        .option(
          "--out <folder>",
          "folder into which ca.pem, and certificate.pem and key.pem or token are written (default: JSON, on stdout)",
        )
        .action(
          run(async (on, { node, gateway, token, expiresIn, out, ...of }: IssueOptions) => {
            const answer = (await callApi(on, "POST", pathOf(of), {
              ...(node === undefined ? { virtualGateway: gateway } : { virtualNode: node }),
              kind: token ? "token" : "certificate",
              ...(expiresIn !== undefined && { expiresInSeconds: expiresIn }),
            })) as IssuedAnswer;
            return out === undefined ? answer : written(answer, out);
          }),
        ),
    )
    .addCommand(
      ofMesh(at("list", "show what was issued to the proxies of a mesh and has not ended")).action(
        run((on, of: ProxyOptions) => callApi(on, "GET", pathOf(of))),
      ),
    )
    .addCommand(
      ofProxy(
        at(
          "revoke",
          "take one back, or all that a virtual node's or gateway's proxies have; their streams end",
        ),
        false,
      )
        .argument("[identityId]")
        .action((identityId: string | undefined, options: ProxyOptions & EndpointOptions, self: Command) => {
          const { node, gateway } = options;
          const named = [identityId, node, gateway].filter((given) => given !== undefined);
          if (named.length !== 1) {
            self.error(
              "error: give either the id of what is taken back, or --node <name>, or --gateway <name>",
            );
          }
          return run((on) =>
            identityId === undefined
              ? callApi(on, "POST", pathOf(options, "revoke"), {
                  ...(node === undefined ? { virtualGateway: gateway } : { virtualNode: node }),
                })
              : callApi(on, "DELETE", pathOf(options, encodeURIComponent(identityId))),
          )(options);
        }),
    )
    .addCommand(
      at("revoke-certificate", "refuse a certificate of an authority that --proxy-ca names")
        .argument("<serialNumber>", "in hexadecimal digits")
        .action((serialNumber: string, options: EndpointOptions) =>
          run((on) => callApi(on, "POST", "/v1/identities/revoke", { serialNumber }))(options),
        ),
    )
    .addCommand(
      at("authorities", "show what signs certificates and tokens, and what proxies are to trust").action(
        run((on) => callApi(on, "GET", "/v1/identities/authorities")),
      ),
    )
    .addCommand(
      at("create-authority", "make another authority, which is trusted and signs nothing yet")
        .addOption(
          new Option("--purpose <purpose>", "what it is for")
            .choices(["proxies", "workloads"])
            .default("proxies"),
        )
        .action(
          run((on, { purpose }: { purpose: string }) =>
            callApi(on, "POST", "/v1/identities/authorities", { purpose }),
          ),
        ),
    )
    .addCommand(
      at("use-authority", "have an authority sign from now on")
        .argument("<authorityId>")
        .action((id: string, options: EndpointOptions) =>
          run((on) => callApi(on, "POST", `${authorityPath(id)}/use`, {}))(options),
        ),
    )
    .addCommand(
      at("remove-authority", "trust an authority no more: what it has signed is refused")
        .argument("<authorityId>")
        .action((id: string, options: EndpointOptions) =>
          run((on) => callApi(on, "DELETE", authorityPath(id)))(options),
        ),
    )
    .addCommand(
      at("rotate-token-key", "have another key sign tokens from now on")
        .addOption(
          new Option(
            "--overlap <time>",
            "for how long tokens of the keys before are taken (default: 90d)",
          ).argParser(duration),
        )
        .action(
          run((on, { overlap }: { overlap?: number }) =>
            callApi(on, "POST", "/v1/identities/token-keys", {
              ...(overlap !== undefined && { overlapSeconds: overlap }),
            }),
          ),
        ),
    )
    .addHelpText(
      "after",
      "\nThe calls are signed with the access key in APPMESH_ACCESS_KEY_ID and APPMESH_SECRET_ACCESS_KEY. What is issued is" +
        "\ntold this once. The answer is JSON, on stdout.",
    );
}

interface IssuedAnswer {
  readonly identity: object;
  readonly trust: string;
  readonly certificate?: string;
  readonly privateKey?: string;
  readonly token?: string;
}

function written({ identity, trust, certificate, privateKey, token }: IssuedAnswer, folder: string): object {
  const files = { "ca.pem": trust, "certificate.pem": certificate, "key.pem": privateKey, token };
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (const [file, text] of Object.entries(files)) {
      if (text === undefined) continue;
      // Envoy looks at a file again when it is moved into its place, and never sees half of it.
      const next = join(folder, `${file}.new`);
      writeFileSync(next, text, { mode: 0o600 });
      renameSync(next, join(folder, file));
    }
  } catch (error) {
    throw new ApiError(`it was issued, and cannot be written to ${folder}: ${(error as Error).message}`);
  }
  return { identity };
}

const pathOf = ({ mesh, meshOwner }: ProxyOptions, below?: string): string =>
  `/v1/meshes/${encodeURIComponent(mesh)}/identities${below === undefined ? "" : `/${below}`}` +
  `${meshOwner === undefined ? "" : `?meshOwner=${meshOwner}`}`;
const authorityPath = (id: string): string => `/v1/identities/authorities/${encodeURIComponent(id)}`;

const at = (command: string, description: string): Command =>
  addEndpointOptions(new Command(command).description(description));

const ofMesh = (command: Command): Command =>
  command
    .requiredOption("--mesh <name>", "name of the mesh", meshName)
    .addOption(
      new Option(
        "--mesh-owner <id>",
        "account that owns the mesh, where it is shared with the key's (default: the key's)",
      ).argParser(accountId),
    );

function ofProxy(command: Command, needed = true): Command {
  return ofMesh(command)
    .addOption(new Option("--node <name>", "virtual node").argParser(name).conflicts("gateway"))
    .addOption(new Option("--gateway <name>", "virtual gateway").argParser(name).conflicts("node"))
    .hook("preAction", (_, self) => {
      const { node, gateway } = self.opts<ProxyOptions>();
      if (needed && node === undefined && gateway === undefined) {
        self.error("error: one of --node <name> and --gateway <name> must be given");
      }
    });
}

/** An action that prints what it is answered, or says what is wrong. */
const run =
  <O>(action: (on: ApiClientOptions, options: O) => Promise<object>) =>
  async (options: O & EndpointOptions): Promise<void> => {
    try {
      const answer = await action(apiClientOf(options), options);
      process.stdout.write(`${JSON.stringify(answer, null, 2)}\n`);
    } catch (error) {
      if (!(error instanceof ApiError) && !(error instanceof EnvironmentError)) throw error;
      process.stderr.write(`appmesh identities: ${error.message}\n`);
      process.exitCode = 1;
    }
  };
