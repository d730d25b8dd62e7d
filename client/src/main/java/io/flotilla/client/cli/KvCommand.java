package io.flotilla.client.cli;

import picocli.CommandLine.Command;

/** {@code flotilla kv …}. */
@Command(
        name = "kv",
        description = "Read and write single keys. Keys and values are text, or 0x and hexadecimal digits.",
        subcommands = {
            KvGetCommand.class,
            KvPutCommand.class,
            KvDeleteCommand.class,
            KvScanCommand.class,
            KvCasCommand.class
        })
final class KvCommand extends CommandGroup {}
