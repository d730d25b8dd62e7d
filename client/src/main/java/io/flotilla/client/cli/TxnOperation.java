package io.flotilla.client.cli;

import java.util.ArrayList;
import java.util.List;

/**
 * One operation of {@code flotilla txn}, as typed: a word and its operands, separated by blanks; an operand in double quotes may hold blanks.
 *
 * @param operands in the order of the form in {@link Kind}
 */
record TxnOperation(Kind kind, List<String> operands) {
    /** What can be done. */
    enum Kind {
        GET(1, 1, "get KEY"),
        SCAN(2, 3, "scan START END [LIMIT]"),
        PUT(2, 2, "put KEY VALUE"),
        DELETE(1, 1, "delete KEY"),
        CAS(3, 3, "cas KEY EXPECTED VALUE"),
        EXPECT(2, 2, "expect KEY VALUE"),
        ABSENT(1, 1, "absent KEY");

        private final int operandsMin;
        private final int operandsMax;
        private final String form;

        Kind(int operandsMin, int operandsMax, String form) {
            this.operandsMin = operandsMin;
            this.operandsMax = operandsMax;
            this.form = form;
        }

        String word() {
            return form.substring(0, form.indexOf(' '));
        }
    }

    TxnOperation {
        operands = List.copyOf(operands);
    }

    /**
     * Parses one operation.
     *
     * @throws IllegalArgumentException in words for its user
     */
    static TxnOperation parse(String line) {
        List<String> words = words(line);
        if (words.isEmpty()) {
            throw new IllegalArgumentException("an operation is empty");
        }
        for (Kind kind : Kind.values()) {
            if (kind.word().equals(words.get(0))) {
                int operands = words.size() - 1;
                if (operands < kind.operandsMin || operands > kind.operandsMax) {
                    throw new IllegalArgumentException("'" + line + "' is not of the form '" + kind.form + "'");
                }
                TxnOperation operation = new TxnOperation(kind, words.subList(1, words.size()));
                operation.limit();
                return operation;
            }
        }
        throw new IllegalArgumentException(
                "'" + words.get(0) + "' is no operation; there are get, scan, put, delete, cas, expect, absent");
    }

    byte[] key() {
        return KeyText.parse(operands.get(0));
    }

    byte[] operand(int i) {
        return KeyText.parse(operands.get(i));
    }

    /** A scan's limit; 0 if none is given. */
    int limit() {
        if (kind != Kind.SCAN || operands.size() < 3) {
            return 0;
        }
        try {
            int limit = Integer.parseInt(operands.get(2));
            if (limit >= 0) {
                return limit;
            }
        } catch (NumberFormatException wrong) {
            // As one below zero.
        }
        throw new IllegalArgumentException("'" + operands.get(2) + "' is no limit of a scan");
    }

    private static List<String> words(String line) {
        List<String> words = new ArrayList<>();
        StringBuilder word = new StringBuilder();
        boolean quoted = false;
        boolean started = false;
        for (int i = 0; i < line.length(); i++) {
            char c = line.charAt(i);
            if (c == '"') {
                quoted = !quoted;
                started = true;
            } else if (c == '\\' && quoted && i + 1 < line.length()) {
                word.append(line.charAt(++i));
            } else if (!quoted && Character.isWhitespace(c)) {
                if (started) {
                    words.add(word.toString());
                    word.setLength(0);
                    started = false;
                }
            } else {
                word.append(c);
                started = true;
            }
        }
        if (quoted) {
            throw new IllegalArgumentException("a quotation is not closed in '" + line + "'");
        }
        if (started) {
            words.add(word.toString());
        }
        return words;
    }
}
