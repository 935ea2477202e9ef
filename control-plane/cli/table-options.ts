import { InvalidArgumentError, Option } from "commander";

/** The table of a store on DynamoDB, for all commands that use one. */
export const tableOption = (description: string): Option =>
  new Option("--table <name>", description).argParser((text) => {
    if (/^[a-zA-Z0-9_.-]{3,255}$/.test(text)) return text;
    throw new InvalidArgumentError(
      "A DynamoDB table's name has 3 to 255 letters, digits, dots, hyphens and underscores.",
    );
  });

export const dynamoDbEndpointOption = (): Option =>
  new Option(
    "--dynamodb-endpoint <url>",
    "where DynamoDB is, instead of AWS's in the region (default: $AWS_ENDPOINT_URL_DYNAMODB, $AWS_ENDPOINT_URL)",
  ).argParser((text) => {
    if (/^https?:$/.test(URL.parse(text)?.protocol ?? "")) return text;
    throw new InvalidArgumentError("It must be a URL, such as http://127.0.0.1:8000.");
  });
