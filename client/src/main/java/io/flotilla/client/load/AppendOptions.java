package io.flotilla.client.load;

/**
 * Lists that numbers are appended to.
 *
 * @param prefix of all its keys
 * @param keys lists at a time; few, so that transactions meet
 * @param roundTransactions after so many transactions all go on with new lists, and the old ones are read and checked
 */
public record AppendOptions(String prefix, int keys, int roundTransactions) {
    public static final AppendOptions DEFAULT = new AppendOptions("append", 32, 2_000);

    public AppendOptions {
        if (keys < 2 || keys > 1_000 || roundTransactions < 1) {
            throw new IllegalArgumentException(
                    "keys is not within 2..1000 or roundTransactions is below 1: " + keys + ", " + roundTransactions);
        }
    }

    public AppendOptions prefix(String prefix) {
        return new AppendOptions(prefix, keys, roundTransactions);
    }

    public AppendOptions keys(int keys) {
        return new AppendOptions(prefix, keys, roundTransactions);
    }

    public AppendOptions roundTransactions(int roundTransactions) {
        return new AppendOptions(prefix, keys, roundTransactions);
    }

    public AppendLayout layout() {
        return new AppendLayout(prefix, keys);
    }
}
