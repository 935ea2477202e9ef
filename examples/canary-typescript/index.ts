import { canary } from "./canary.js";

export = canary;
