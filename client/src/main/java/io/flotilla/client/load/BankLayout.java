package io.flotilla.client.load;

import io.flotilla.config.key.Key;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;

/**
 * Where the bank's rows lie. The key space is cut into {@link #SHARDS} shards, {@code <prefix>/<shard>/}, each with its part of the
 * accounts ({@code a/<number>}) and of the ledger ({@code l/<client>/<n>}), so that any number of ranges up to that gets both.
 */
public final class BankLayout {
    /** Shards; a bound on the ranges that {@link #splitKeys} can make. */
    public static final int SHARDS = 64;

    private final String prefix;
    private final int accounts;

    public BankLayout(String prefix, int accounts) {
        if (accounts < 2) {
            throw new IllegalArgumentException("a bank needs two accounts at least: " + accounts);
        }
        this.prefix = prefix;
        this.accounts = accounts;
    }

    public BankLayout(int accounts) {
        this("bank", accounts);
    }

    public int accounts() {
        return accounts;
    }

    /** The key of account {@code i}; neighbouring numbers lie in different shards. */
    public String key(int i) {
        return String.format(Locale.ROOT, "%s/a/%06d", shard(i % SHARDS), i);
    }

    /** The key of the {@code n}-th transfer of client {@code client}. */
    public String ledgerKey(String client, long n) {
        int shard = Math.floorMod(31 * client.hashCode() + Long.hashCode(n) * 0x9E3779B1, SHARDS);
        return String.format(Locale.ROOT, "%s/l/%s/%09d", shard(shard), client, n);
    }

    /** First key of all that belongs to this bank. */
    public String start() {
        return prefix + "/";
    }

    /** First key after all that belongs to this bank. */
    public String end() {
        return new String(Key.of(start()).prefixEnd().bytes(), StandardCharsets.UTF_8);
    }

    /** The keys at which to split so that {@code ranges} ranges share the bank evenly; one fewer than {@code ranges}. */
    public List<String> splitKeys(int ranges) {
        if (ranges < 1 || ranges > SHARDS) {
            throw new IllegalArgumentException("ranges is not within 1.." + SHARDS + ": " + ranges);
        }
        List<String> keys = new ArrayList<>();
        for (int i = 1; i < ranges; i++) {
            keys.add(shard(i * SHARDS / ranges) + "/");
        }
        return keys;
    }

    /** Start and end of each stretch of the key space that holds accounts and no ledger rows, in key order. */
    public List<String[]> accountSpans() {
        List<String[]> spans = new ArrayList<>();
        for (int i = 0; i < Math.min(SHARDS, accounts); i++) {
            spans.add(new String[] {shard(i) + "/a/", shard(i) + "/a0"});
        }
        return spans;
    }

    /** Which account a key stands for; empty if it is no account's. */
    public OptionalInt accountOf(String key) {
        int mark = key.indexOf("/a/");
        try {
            return mark < 0 ? OptionalInt.empty() : OptionalInt.of(Integer.parseInt(key.substring(mark + 3)));
        } catch (NumberFormatException e) {
            return OptionalInt.empty();
        }
    }

    private String shard(int shard) {
        return String.format(Locale.ROOT, "%s/%02x", prefix, shard);
    }
}
