using System.Collections.Immutable;
using System.Globalization;
using Bolt.Boltfiles;
using Bolt.Diagnostics;

namespace Bolt.Dockerfiles;

/// <summary>One instruction's line becomes its record.</summary>
internal sealed partial class InstructionReader(DockerLine line, char escape, List<Diagnostic> found)
{
    private static readonly string[] Keywords =
        ["FROM", "RUN", "COPY", "ADD", "ENV", "ARG", "LABEL", "EXPOSE", "USER", "WORKDIR", "VOLUME", "ENTRYPOINT", "CMD", "HEALTHCHECK", "SHELL", "STOPSIGNAL", "ONBUILD", "MAINTAINER"];

    private FlagReader flags = null!;
    private string keyword = "";
    private int rest;

    private SourceSpan At => line.Span(0, line.Text.Length);

    private string Rest => rest < line.Text.Length ? line.Text[rest..] : "";

    /// <summary>Null with a finding.</summary>
    public DockerInstruction? Read()
    {
        var word = DockerScan.Fields(line.Text, 0)[0];
        keyword = word.Text.ToUpperInvariant();
        if (!Keywords.Contains(keyword))
        {
            found.Add(DockerfileErrors.UnknownInstruction(line.Span(0, word.Text.Length), word.Text, Spelling.Nearest(keyword, Keywords)));
            return null;
        }
        flags = new FlagReader(line, keyword, word.Text.Length, escape, found);
        rest = flags.End;
        var before = found.Count(d => d.Severity == Severity.Error);
        var instruction = Instruction();
        flags.RefuseOthers();
        return found.Count(d => d.Severity == Severity.Error) == before ? instruction : null;
    }

    private DockerInstruction? Instruction() => keyword switch
    {
        "FROM" => From(),
        "RUN" => Run(),
        "COPY" or "ADD" => Copy(),
        "ENV" => Pairs("ENV") is { } pairs ? new DockerInstruction.Env(At, line.Text, pairs) : null,
        "LABEL" => Pairs("LABEL") is { } pairs ? new DockerInstruction.Label(At, line.Text, pairs) : null,
        "ARG" => Arg(),
        "EXPOSE" => Words("a port", "EXPOSE 8080") is { } ports ? new DockerInstruction.Expose(At, line.Text, CheckPorts(ports)) : null,
        "USER" => Whole("a user", "USER app") is { } user ? new DockerInstruction.User(At, line.Text, user) : null,
        "WORKDIR" => Whole("a folder", "WORKDIR /app") is { } path ? new DockerInstruction.Workdir(At, line.Text, path) : null,
        "STOPSIGNAL" => Whole("a signal", "STOPSIGNAL SIGTERM") is { } signal ? new DockerInstruction.StopSignal(At, line.Text, signal) : null,
        "VOLUME" => (JsonWords() ?? Words("a folder", "VOLUME /data")) is { } paths ? new DockerInstruction.Volume(At, line.Text, paths) : null,
        "ENTRYPOINT" => new DockerInstruction.Entrypoint(At, line.Text, Command()),
        "CMD" => new DockerInstruction.Cmd(At, line.Text, Command()),
        "SHELL" => Shell(),
        "HEALTHCHECK" => Healthcheck(),
        "ONBUILD" => Onbuild(),
        _ => Maintainer(),
    };

    private DockerInstruction.From? From()
    {
        var words = DockerScan.Fields(line.Text, rest);
        var named = words.Length == 3 && words[1].Text.Equals("AS", StringComparison.OrdinalIgnoreCase);
        if (words.Length != 1 && !named)
        {
            return Missing<DockerInstruction.From>(words.Length == 0 ? "an image" : "an image and perhaps `AS NAME`", "FROM debian AS build");
        }
        return new DockerInstruction.From(At, line.Text, Checked(Word(words[0])), flags.Word("platform"));
    }

    private DockerInstruction.Run? Run()
    {
        if (Rest.AsSpan().Trim().IsEmpty)
        {
            return Missing<DockerInstruction.Run>("a command", "RUN make");
        }
        var mounts = flags.All("mount").Select(m => new MountReader(m, escape, found).Read()).OfType<DockerMount>().ToImmutableArray();
        var network = flags.Word("network");
        switch (network?.Raw)
        {
            case null or "default" or "none":
                break;
            case "host":
                found.Add(DockerfileErrors.Refused(network.At, "`--network=host`", "a step would reach the services of this machine", "remove it: steps reach the network without it"));
                break;
            default:
                found.Add(DockerfileErrors.BadFlag(network.At, network.Raw, "is no network", "write `default` or `none`"));
                break;
        }
        if (flags.Word("security") is { Raw: not "sandbox" } security)
        {
            found.Add(DockerfileErrors.Refused(security.At, $"`--security={security.Raw}`", "a step never has rights on this machine", "remove it"));
        }
        return new DockerInstruction.Run(At, line.Text, RunCommand(), mounts, network?.Raw != "none");
    }

    // `RUN <<EOF` alone is a script; any other use of `<<` is the shell's own.
    private DockerCommand RunCommand() => line.Heredocs switch
    {
        [var only] when DockerScan.Fields(line.Text, rest).Length == 1 => new DockerCommand.Script(only),
        [] => Command(),
        _ => new DockerCommand.Shell(line.Whole[rest..].TrimStart()),
    };

    private DockerCommand Command() =>
        DockerScan.Json(Rest) is { } arguments ? new DockerCommand.Exec(arguments) : new DockerCommand.Shell(Rest.Trim());

    private DockerInstruction.Copy? Copy()
    {
        var words = JsonWords() ?? [.. DockerScan.Fields(line.Text, rest).Select(w => Checked(Word(w)))];
        if (words.Length < 2)
        {
            return Missing<DockerInstruction.Copy>("files and where they go", $"{keyword} . /app/");
        }
        var heredocs = line.Heredocs.Select(h => h.At).ToHashSet();
        var sources = words[..^1].Where(w => !heredocs.Contains(w.At)).ToImmutableArray();
        if (words.Length > 2 && !words[^1].Raw.EndsWith('/') && !words[^1].Raw.Contains('$') && words[^1].Raw is not ("." or ".."))
        {
            found.Add(DockerfileErrors.NotAFolder(words[^1].At, words[^1].Raw));
        }
        var copy = new DockerInstruction.Copy(At, line.Text, sources, line.Heredocs, words[^1], CopyFlags()) { Add = keyword == "ADD" };
        if (keyword == "ADD")
        {
            RefuseGit(sources);
        }
        return copy;
    }

    private CopyFlags CopyFlags()
    {
        var add = keyword == "ADD";
        if (add && flags.Word("keep-git-dir") is { } git)
        {
            found.Add(DockerfileErrors.Refused(git.At, "`--keep-git-dir`", "repositories are not fetched", "clone in a RUN step, or COPY a checkout"));
        }
        return new CopyFlags
        {
            From = add ? null : flags.Word("from"),
            Chown = flags.Word("chown"),
            Chmod = flags.Word("chmod"),
            Checksum = add ? flags.Word("checksum") : null,
            Link = flags.Switch("link") ?? false,
            Parents = !add && (flags.Switch("parents") ?? false),
            Unpack = add ? flags.Switch("unpack") : null,
            Exclude = [.. flags.All("exclude")],
        };
    }

    private void RefuseGit(ImmutableArray<DockerWord> sources)
    {
        foreach (var source in sources.Where(s => s.Raw.StartsWith("git@", StringComparison.Ordinal) || s.Raw.StartsWith("git://", StringComparison.Ordinal)
            || (s.Raw.StartsWith("http", StringComparison.Ordinal) && s.Raw.Split('#')[0].EndsWith(".git", StringComparison.Ordinal))))
        {
            found.Add(DockerfileErrors.Refused(source.At, $"ADD of the repository `{source.Raw}`", "repositories are not fetched", "clone in a RUN step, or COPY a checkout"));
        }
    }

    private DockerInstruction.Arg? Arg()
    {
        var words = DockerScan.Quoted(line.Text, rest, escape);
        if (words.Length == 0)
        {
            return Missing<DockerInstruction.Arg>("a name", "ARG VERSION=1.0");
        }
        var pairs = words.Select(w => Pair(w) ?? new DockerPair(Checked(Word(w)), null)).ToImmutableArray();
        foreach (var pair in pairs.Where(p => p.Name.Raw.Length == 0))
        {
            found.Add(DockerfileErrors.BadPair(pair.Name.At, keyword, "="));
        }
        return new DockerInstruction.Arg(At, line.Text, pairs);
    }

    private DockerInstruction.Shell? Shell()
    {
        if (DockerScan.Json(Rest) is { Length: > 0 } arguments)
        {
            return new DockerInstruction.Shell(At, line.Text, arguments);
        }
        found.Add(DockerfileErrors.ShellNeedsJson(At));
        return null;
    }

    private DockerInstruction.Onbuild? Onbuild()
    {
        var inner = DockerScan.Fields(line.Text, rest);
        if (inner.Length == 0)
        {
            return Missing<DockerInstruction.Onbuild>("an instruction", "ONBUILD COPY . /app");
        }
        if (inner[0].Text.ToUpperInvariant() is "FROM" or "MAINTAINER" or "ONBUILD")
        {
            found.Add(DockerfileErrors.NotInOnbuild(line.Span(inner[0].Offset, inner[0].Text.Length), inner[0].Text.ToUpperInvariant()));
            return null;
        }
        var pieces = line.Pieces.Where(p => p.Offset > inner[0].Offset).Select(p => p with { Offset = p.Offset - inner[0].Offset }).ToList();
        var start = line.Pieces.Last(p => p.Offset <= inner[0].Offset);
        var text = line.Text[inner[0].Offset..];
        var nested = line with
        {
            Text = text,
            Whole = line.Whole[inner[0].Offset..],
            Pieces = [new LinePiece(0, start.Line, start.Column + inner[0].Offset - start.Offset), .. pieces],
        };
        return new InstructionReader(nested, escape, found).Read() is null ? null : new DockerInstruction.Onbuild(At, line.Text, nested.Whole);
    }

    private DockerInstruction.Maintainer? Maintainer()
    {
        found.Add(DockerfileErrors.Check(At, "MaintainerDeprecated", "MAINTAINER is deprecated", "write `LABEL org.opencontainers.image.authors=\"…\"`"));
        return Whole("a name", "MAINTAINER someone@example.com") is { } name ? new DockerInstruction.Maintainer(At, line.Text, name.Raw) : null;
    }

    private T? Missing<T>(string wanted, string example)
        where T : class
    {
        found.Add(DockerfileErrors.MissingArgument(At, keyword, wanted, example));
        return null;
    }

    private DockerWord Word(ScannedWord word) => new(word.Text, line.Span(word.Offset, word.Text.Length));
}
