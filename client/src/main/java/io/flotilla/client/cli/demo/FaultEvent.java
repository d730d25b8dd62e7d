package io.flotilla.client.cli.demo;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Something that was done to the cluster while the load ran.
 *
 * @param atMillis since the load began
 * @param kind split, transfer-lease, kill, restart
 * @param done false if it could not be done
 */
public record FaultEvent(long atMillis, String kind, String detail, boolean done) {
    Map<String, Object> fields() {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("at_ms", atMillis);
        fields.put("kind", kind);
        fields.put("detail", detail);
        fields.put("done", done);
        return fields;
    }
}
