package io.flotilla.config.id;

/** A server process's identity for life, chosen by the operator; positive. One node has one store. */
public record NodeId(int value) implements Comparable<NodeId> {
    /** Stands for "no node is known". */
    public static final NodeId NONE = new NodeId(0);

    public NodeId {
        if (value < 0) {
            throw new IllegalArgumentException("node id must not be negative: " + value);
        }
    }

    public boolean isKnown() {
        return value != 0;
    }

    @Override
    public int compareTo(NodeId other) {
        return Integer.compare(value, other.value);
    }

    @Override
    public String toString() {
        return "n" + value;
    }
}
