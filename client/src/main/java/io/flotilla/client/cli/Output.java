package io.flotilla.client.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Map;

/** Where a command's results go: a table for people, or one JSON document with a {@code schema} field for programs. */
public final class Output {
    /** How results are printed. */
    public enum Format {
        TABLE,
        JSON
    }

    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final PrintWriter out;
    private final Format format;

    public Output(PrintWriter out, Format format) {
        this.out = out;
        this.format = format;
    }

    public boolean json() {
        return format == Format.JSON;
    }

    /**
     * Prints one result.
     *
     * @param schema name and version of the JSON document, for example {@code flotilla.status.v1}
     * @param fields the JSON document's other fields, in the order they are printed
     * @param table the same for people
     */
    public void result(String schema, Map<String, ?> fields, TextTable table) {
        text(schema, fields, table.render());
    }

    /** As {@link #result}, with the text for people already made up; it ends without a line end. */
    public void text(String schema, Map<String, ?> fields, String text) {
        if (json()) {
            out.println(document(schema, fields));
        } else if (!text.isEmpty()) {
            out.println(text);
        }
        out.flush();
    }

    /** A remark for people; programs do not get it. */
    public void note(String line) {
        if (!json()) {
            out.println(line);
            out.flush();
        }
    }

    /** One JSON document on one line, {@code schema} first. */
    public static String document(String schema, Map<String, ?> fields) {
        Map<String, Object> whole = new LinkedHashMap<>();
        whole.put("schema", schema);
        whole.putAll(fields);
        try {
            return MAPPER.writeValueAsString(whole);
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException("cannot write " + schema + " as JSON", impossible);
        }
    }
}
