import { Command, InvalidArgumentError, Option } from "commander";
import { type AccessKey, describeKey, type IssuedKey } from "../identity/access-key.js";
import { AccessKeys } from "../identity/access-keys.js";
import { IdentityError } from "../identity/errors.js";
import { StoreUnavailable } from "../store/store.js";
import { ApiError, callApi, readAuthority } from "./api-client.js";
import { credentialsIn, EnvironmentError } from "./credentials.js";
import { dataOption } from "./data-folder.js";
import { accountId, duration, regionOption } from "./options.js";
import { NoStore, openNamedStore, type StoreOptions } from "./store-options.js";
import { dynamoDbEndpointOption, tableOption } from "./table-options.js";

interface Where extends StoreOptions {
  endpoint: string;
  ca?: string;
}

interface CreateOptions extends Where {
  description?: string;
  account?: string;
  readOnly?: true;
  mesh?: readonly string[];
  expiresIn?: number;
}

/** What the commands ask for, of a control plane that runs or of its data folder. */
interface Keys {
  create(body: object): Promise<object>;
  list(): Promise<object>;
  revoke(accessKeyId: string): Promise<object>;
  rotate(accessKeyId: string, body: object): Promise<object>;
}

export function keysCommand(): Command {
  const keys = new Command("keys").description(
    "issue, list, replace and take back the access keys of a control plane",
  );
  keys
    .addCommand(
      at("create", "issue a key; its secret is told this once")
        .option("--description <text>", "who uses the key, and for what")
        .addOption(
          new Option(
            "--account <id>",
            "account that the key acts for (default: the control plane's)",
          ).argParser(accountId),
        )
        .option("--read-only", "the key describes and lists only")
        .addOption(
          new Option(
            "--mesh <name>",
            "the key is for this mesh only, NAME or NAME@OWNER; repeatable",
          ).argParser((text, previous: readonly string[] = []) => [...previous, text]),
        )
        .addOption(
          new Option(
            "--expires-in <time>",
            "the key ends after this time, such as 90d, 12h or 30m",
          ).argParser(duration),
        )
        .action(
          run(
            (on, { description, account, readOnly, mesh, expiresIn }: CreateOptions) =>
              on.create({
                ...(description !== undefined && { description }),
                ...(account !== undefined && { account }),
                ...((readOnly || mesh) && {
                  scope: { ...(readOnly && { readOnly }), ...(mesh && { meshes: mesh }) },
                }),
                ...(expiresIn !== undefined && { expiresInSeconds: expiresIn }),
              }),
            true,
          ),
        ),
    )
    .addCommand(at("list", "show all keys, without their secrets").action(run((on) => on.list())))
    .addCommand(
      at("revoke", "take a key back, at once and for good")
        .argument("<accessKeyId>")
        .action((id: string, options: Where) => run((on) => on.revoke(id))(options)),
    )
    .addCommand(
      at("rotate", "issue another key in the place of this one, which works on for a while")
        .argument("<accessKeyId>")
        .addOption(
          new Option("--overlap <time>", "for how long the old key works on (default: 24h)").argParser(
            duration,
          ),
        )
        .action((id: string, options: Where & { overlap?: number }) =>
          run((on) =>
            on.rotate(id, options.overlap === undefined ? {} : { overlapSeconds: options.overlap }),
          )(options),
        ),
    )
    .addHelpText(
      "after",
      "\nThe calls are signed with the access key in APPMESH_ACCESS_KEY_ID and APPMESH_SECRET_ACCESS_KEY, which must be" +
        "\none that may do everything. The answer is JSON, on stdout." +
        "\nThe first key: with --data DIR, before the control plane is started, or with --table NAME.",
    );
  return keys;
}

const at = (name: string, description: string): Command =>
  new Command(name)
    .description(description)
    .addOption(
      new Option("--endpoint <url>", "where the control plane's API is")
        .env("APPMESH_ENDPOINT")
        .argParser(url)
        .default("http://127.0.0.1:7070"),
    )
    .addOption(regionOption("region of the control plane, and of the table"))
    .option("--ca <file>", "authority (PEM) of the API's certificate (default: $APPMESH_CA_CERTIFICATE, PEM)")
    .addOption(dataOption("folder of a control plane that does not run, to work on instead of calling one"))
    .addOption(tableOption("DynamoDB table of control planes, to work on instead of calling one"))
    .addOption(dynamoDbEndpointOption());

/** An action that prints what it is answered, or says what is wrong. `isFirst`: it may be the first on a folder, which it makes. */
const run =
  <O extends Where>(action: (on: Keys, options: O) => Promise<object>, isFirst = false) =>
  async (options: O): Promise<void> => {
    try {
      const answer =
        options.data === undefined && options.table === undefined
          ? await action(overApi(options), options)
          : await inStore(options, isFirst, (keys) => action(keys, options));
      process.stdout.write(`${JSON.stringify(answer, null, 2)}\n`);
    } catch (error) {
      const known = [ApiError, IdentityError, StoreUnavailable, EnvironmentError, NoStore];
      if (!known.some((type) => error instanceof type)) throw error;
      process.stderr.write(`appmesh keys: ${(error as Error).message}\n`);
      process.exitCode = 1;
    }
  };

function overApi({ endpoint, region, ca }: Where): Keys {
  const client = {
    endpoint,
    region,
    credentials: credentialsIn(process.env),
    ca: ca === undefined ? process.env.APPMESH_CA_CERTIFICATE || undefined : readAuthority(ca),
    orElse: "or the folder of one that does not run, by --data DIR",
  };
  const path = (accessKeyId: string) => `/v1/access-keys/${encodeURIComponent(accessKeyId)}`;
  return {
    create: (body) => callApi(client, "POST", "/v1/access-keys", body),
    list: () => callApi(client, "GET", "/v1/access-keys"),
    revoke: (id) => callApi(client, "DELETE", path(id)),
    rotate: (id, body) => callApi(client, "POST", `${path(id)}/rotate`, body),
  };
}

/**
 * Safe because a folder is one process's: while a control plane runs on it, it has the lock, and this fails; and those that
 * run on a table follow what is changed here. Whoever may write the folder or the table may do everything anyway, so
 * that no key is asked for; no audit is written.
 */
async function inStore<T>(
  options: StoreOptions,
  isFirst: boolean,
  action: (keys: Keys) => Promise<T>,
): Promise<T> {
  const store = await openNamedStore(options, { exists: !isFirst });
  try {
    // What is not said to be of another account stays to be of the control plane's, whichever that is.
    const keys = await AccessKeys.open(store, { account: "000000000000" });
    const shown = (key: AccessKey) => describeKey(key, keys.seconds());
    const issued = ({ key, secretAccessKey }: IssuedKey) => ({
      accessKey: { ...shown(key), secretAccessKey },
    });
    return await action({
      create: async (body) => issued(await keys.create(body)),
      list: async () => ({ accessKeys: keys.list().map(shown) }),
      revoke: async (id) => ({ accessKey: shown(await keys.revoke(id)) }),
      rotate: async (id, body) => issued(await keys.rotate(id, body)),
    });
  } finally {
    await store.close();
  }
}

function url(text: string): string {
  if (/^https?:$/.test(URL.parse(text)?.protocol ?? "")) return text;
  throw new InvalidArgumentError("It must be a URL, such as https://mesh.example.com:7070.");
}
