package io.flotilla.client.cli;

import io.flotilla.client.FlotillaAdmin.ReplicaKind;
import io.flotilla.client.FlotillaAdmin.ReplicaStatus;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A range's replicas as text: their nodes, and of each what it is unless it is a voter with data. */
final class ReplicaText {
    private ReplicaText() {}

    static String of(List<ReplicaStatus> replicas) {
        StringBuilder text = new StringBuilder();
        for (ReplicaStatus replica : replicas) {
            text.append(text.isEmpty() ? "" : "+").append(replica.node());
            List<String> marks = new ArrayList<>();
            if (replica.kind() != ReplicaKind.VOTER) {
                marks.add(word(replica));
            }
            if (replica.witness()) {
                marks.add("witness");
            }
            if (!marks.isEmpty()) {
                text.append('(').append(String.join(" ", marks)).append(')');
            }
        }
        return text.toString();
    }

    static List<Map<String, Object>> rows(List<ReplicaStatus> replicas) {
        List<Map<String, Object>> rows = new ArrayList<>();
        for (ReplicaStatus replica : replicas) {
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("node", replica.node());
            row.put("replica_id", replica.replicaId());
            row.put("kind", word(replica));
            row.put("witness", replica.witness());
            rows.add(row);
        }
        return rows;
    }

    private static String word(ReplicaStatus replica) {
        return replica.kind().name().toLowerCase(Locale.ROOT);
    }
}
