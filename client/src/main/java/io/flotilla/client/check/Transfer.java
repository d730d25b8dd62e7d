package io.flotilla.client.check;

/** One transfer, as its client meant it: the {@code n}-th of that client. */
public record Transfer(String client, long n, int from, int to, long amount) {
    /** What its ledger row holds. */
    public String row() {
        return from + ">" + to + ":" + amount;
    }

    /**
     * Reads a ledger row.
     *
     * @throws IllegalArgumentException if it is none
     */
    public static Transfer parse(String client, long n, String row) {
        int arrow = row.indexOf('>');
        int colon = row.indexOf(':', arrow + 1);
        if (arrow < 0 || colon < 0) {
            throw new IllegalArgumentException("not a ledger row: " + row);
        }
        return new Transfer(
                client,
                n,
                Integer.parseInt(row.substring(0, arrow)),
                Integer.parseInt(row.substring(arrow + 1, colon)),
                Long.parseLong(row.substring(colon + 1)));
    }

    String name() {
        return client + "/" + n;
    }
}
