/** Of the engine; stands in manifests and in the control API. A test holds it against package.json. */
export const engineVersion = "0.1.0";
