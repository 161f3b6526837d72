/** Files as source and sink, and the formats of their records. */
export * from "@millrace/connectors";
