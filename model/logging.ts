import { filePath } from "./file-path.js";
import { type Infer, list, optional, required, string, structure, union } from "./shape.js";

export const JsonFormatRef = structure(
  "JsonFormatRef",
  "One member of a line of an access log that is written as JSON.",
  {
    key: required(string({ minLength: 1, maxLength: 100 }), "Name of the JSON member, 1 to 100 characters."),
    value: required(
      string({ minLength: 1, maxLength: 100 }),
      "Its value, 1 to 100 characters, with Envoy's command operators such as %RESPONSE_CODE%.",
    ),
  },
);
export type JsonFormatRef = Infer<typeof JsonFormatRef>;

export const LoggingFormat = union(
  "LoggingFormat",
  "How a line of an access log is written. Exactly one member is given.",
  {
    text: optional(
      string({ minLength: 1, maxLength: 1000 }),
      "Text, 1 to 1000 characters, with Envoy's command operators such as %RESPONSE_CODE%. End it with a line break.",
    ),
    json: optional(list(JsonFormatRef), "One JSON object for each line, made of these members."),
  },
);
export type LoggingFormat = Infer<typeof LoggingFormat>;

export const FileAccessLog = structure("FileAccessLog", "An access log that is written to a file.", {
  path: required(
    filePath,
    "File that the proxy appends to, 1 to 255 characters; /dev/stdout sends the log to the proxy's standard output. " +
      "The proxy must be allowed to write it.",
  ),
  format: optional(
    LoggingFormat,
    "How a line is written. If unset, the data plane writes Envoy's default text format.",
  ),
});
export type FileAccessLog = Infer<typeof FileAccessLog>;

export const AccessLog = union("AccessLog", "Where each request is logged. Exactly one member is given.", {
  file: optional(FileAccessLog, "To a file."),
});
export type AccessLog = Infer<typeof AccessLog>;

export const Logging = structure("Logging", "What a proxy logs of the traffic that passes through it.", {
  accessLog: optional(AccessLog, "The access log. If unset, the data plane writes none."),
});
export type Logging = Infer<typeof Logging>;
