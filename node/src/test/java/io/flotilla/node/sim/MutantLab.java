package io.flotilla.node.sim;

import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/** Compiles the simulator with one mutant in it, and runs it until it notices. */
final class MutantLab {
    private static final List<String> ROOMS = List.of("raft", "liveness", "sim");

    private final Path sources;
    private final Path work;

    /**
     * @param sources the package of the node, as a directory
     * @param work an empty directory
     */
    MutantLab(Path sources, Path work) {
        this.sources = sources;
        this.work = work;
    }

    String read(String file) throws IOException {
        return Files.readString(sources.resolve(file));
    }

    /** The first seed, from 1 on, that finds it, and what it says; empty if none up to {@code seedsMax} does. */
    Optional<SimResult> hunt(Mutant mutant, long seedsMax) throws IOException, ReflectiveOperationException {
        Path classes = compile(mutant);
        try (URLClassLoader loader = new URLClassLoader(classPath(classes), ClassLoader.getPlatformClassLoader())) {
            var run = loader.loadClass(Simulation.class.getName()).getMethod("run", long.class);
            for (long seed = 1; seed <= seedsMax; seed++) {
                Object result = run.invoke(null, seed);
                Object violation = result.getClass().getMethod("violation").invoke(result);
                if (violation instanceof Optional<?> found && found.isPresent()) {
                    return Optional.of(new SimResult(
                            seed, 0, 0, new long[0], Optional.of(found.get().toString()), 0));
                }
            }
            return Optional.empty();
        }
    }

    private static URL[] classPath(Path first) throws MalformedURLException {
        List<URL> urls = new ArrayList<>();
        urls.add(first.toUri().toURL());
        for (String entry : System.getProperty("java.class.path").split(java.io.File.pathSeparator)) {
            urls.add(Path.of(entry).toUri().toURL());
        }
        return urls.toArray(URL[]::new);
    }

    private Path compile(Mutant mutant) throws IOException {
        Path copy = Files.createTempDirectory(work, "mutant");
        List<Path> files = new ArrayList<>();
        for (String room : ROOMS) {
            Files.createDirectories(copy.resolve(room));
            try (Stream<Path> all = Files.list(sources.resolve(room))) {
                all.filter(file -> file.toString().endsWith(".java")).forEach(file -> {
                    Path target = copy.resolve(room).resolve(file.getFileName());
                    files.add(target);
                    try {
                        Files.copy(file, target);
                    } catch (IOException failed) {
                        throw new UncheckedIOException(failed);
                    }
                });
            }
        }
        Path broken = copy.resolve(mutant.file());
        Files.writeString(broken, mutant.applyTo(Files.readString(broken)));
        Path classes = Files.createDirectory(copy.resolve("classes"));
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter said = new StringWriter();
        try (StandardJavaFileManager manager = compiler.getStandardFileManager(null, null, null)) {
            List<String> options = List.of(
                    "-nowarn",
                    "-proc:none",
                    "-d",
                    classes.toString(),
                    "-classpath",
                    System.getProperty("java.class.path"));
            boolean compiled = compiler.getTask(
                            said, manager, null, options, null, manager.getJavaFileObjectsFromPaths(files))
                    .call();
            if (!compiled) {
                throw new IllegalStateException(mutant.name() + " does not compile: " + said);
            }
        }
        return classes;
    }
}
