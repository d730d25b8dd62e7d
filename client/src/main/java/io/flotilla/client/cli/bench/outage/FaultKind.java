package io.flotilla.client.cli.bench.outage;

/** What is done to the leaseholder's node. */
enum FaultKind {
    /** SIGKILL. */
    KILL("kill"),
    /** SIGSTOP: it keeps its connections and says nothing. */
    PAUSE("pause"),
    /** Other nodes do not hear it, or it does not hear them, by turns; clients reach it all the time. */
    ONE_WAY("one_way"),
    /** Its log's syncs do not return. */
    DISK_STALL("disk_stall");

    private final String label;

    FaultKind(String label) {
        this.label = label;
    }

    String label() {
        return label;
    }

    static FaultKind of(String label) {
        for (FaultKind kind : values()) {
            if (kind.label.equals(label)) {
                return kind;
            }
        }
        throw new IllegalArgumentException("no kind of fault: " + label);
    }
}
