package io.flotilla.client.cli;

import io.flotilla.config.key.Key;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;

/** How keys and values are typed and shown: as text, or as {@code 0x} and hexadecimal digits when they are not text. */
final class KeyText {
    private static final String HEX_PREFIX = "0x";

    private KeyText() {}

    /** What the user typed, as bytes: {@code 0x} and an even number of hexadecimal digits, or UTF-8 text. */
    static byte[] parse(String typed) {
        if (typed.startsWith(HEX_PREFIX) && typed.length() % 2 == 0 && typed.length() > 2) {
            try {
                return HexFormat.of().parseHex(typed, HEX_PREFIX.length(), typed.length());
            } catch (IllegalArgumentException notHex) {
                // Text that happens to begin with 0x.
            }
        }
        return typed.getBytes(StandardCharsets.UTF_8);
    }

    static Key key(String typed) {
        return Key.wrap(parse(typed));
    }

    /** What {@link #parse} reads back to the same bytes. */
    static String show(byte[] bytes) {
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
            if (text.chars().noneMatch(Character::isISOControl) && Arrays.equals(parse(text), bytes)) {
                return text;
            }
        } catch (CharacterCodingException notText) {
            // Shown as hexadecimal below.
        }
        return HEX_PREFIX + HexFormat.of().formatHex(bytes);
    }
}
