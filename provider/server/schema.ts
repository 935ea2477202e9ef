import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { NotImplemented } from "./failures.js";
import { messages } from "./protocol.js";
import { unary } from "./unary.js";
import { packageFile } from "./version.js";

const SCHEMA = join(dirname(packageFile), "schema.json");

/** What the package offers. */
export const schema = () => ({
  getSchema: unary(async (request: messages.GetSchemaRequest) => {
    if (request.getVersion() !== 0)
      throw new Error(`schema version ${request.getVersion()} is asked for; only 0 is known`);
    const response = new messages.GetSchemaResponse();
    response.setSchema(await readFile(SCHEMA, "utf8"));
    return response;
  }),

  /** No other ecosystem's resources are converted by this plugin. */
  getMapping: unary((_: messages.GetMappingRequest) => new messages.GetMappingResponse()),
  getMappings: unary((_: messages.GetMappingsRequest) => new messages.GetMappingsResponse()),

  parameterize: unary((_: messages.ParameterizeRequest): messages.ParameterizeResponse => {
    throw new NotImplemented("this provider takes no parameters; use it by its name, appmesh.");
  }),
});
