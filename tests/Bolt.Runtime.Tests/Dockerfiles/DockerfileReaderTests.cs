using System.Collections.Immutable;
using System.Text;
using Bolt.Diagnostics;
using Bolt.Dockerfiles;

namespace Bolt.Runtime.Tests.Dockerfiles;

public class DockerfileReaderTests
{
    public static TheoryData<string> Bad => [.. Golden.Files("Dockerfiles/bad", "*.dockerfile").Select(f => Path.GetFileNameWithoutExtension(f))];

    public static TheoryData<string> Samples => [.. Golden.Files("Dockerfiles/samples", "*.dockerfile").Select(f => Path.GetFileNameWithoutExtension(f))];

    [Theory]
    [MemberData(nameof(Bad))]
    public void A_bad_file_says_everything_at_once(string name)
    {
        var read = DockerfileReader.Read("shop/Dockerfile", Text("bad", name));
        Assert.False(read.Ok);
        Golden.Check($"Dockerfiles/bad/{name}", Rendered(read));
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void A_sample_is_read_without_errors(string name)
    {
        var read = DockerfileReader.Read("Dockerfile", Text("samples", name));
        Assert.True(read.Ok, Rendered(read));
        Golden.Check($"Dockerfiles/samples/{name}", Rendered(read) + "\n\n" + Summary(read.Value!));
    }

    [Fact]
    public void A_place_in_a_joined_line_leads_to_its_own_line()
    {
        var read = DockerfileReader.Read("Dockerfile", "FROM debian\r\nENV A=1 \\\r\n    # between\r\n    B=${C:*}\r\n");
        var at = Assert.Single(read.Diagnostics).At!;
        Assert.Equal((4, 7, "    B=${C:*}"), (at.Line, at.Column, at.LineText));
    }

    [Fact]
    public void Stages_are_found_by_name_and_number_among_those_before()
    {
        var file = DockerfileReader.Read("Dockerfile", "FROM a AS One\nFROM one AS two\nFROM b\n").Value!;
        Assert.Equal(0, file.Find("ONE", 2)!.Index);
        Assert.Equal(1, file.Find("1", 2)!.Index);
        Assert.Null(file.Find("two", 1));
        Assert.Null(file.Find("2", 2));
        Assert.Equal("stage-2", file.Stages[2].Title);
    }

    [Fact]
    public void Hostile_text_ends_quickly_and_never_throws()
    {
        var random = new Random(7);
        string[] pieces = ["FROM ", "RUN ", "COPY ", "<<EOF", "\\\n", "\n", "${", "}", "$", "\"", "'", "--mount=type=", ",", "=", "cache", "[\"", "\"]", ":-", "#", "/", "%", "\0", "`", "ENV ", "ONBUILD ", " ", "AS "];
        for (var i = 0; i < 3000; i++)
        {
            var text = new StringBuilder("FROM x\n");
            for (var n = random.Next(30); n > 0; n--)
            {
                text.Append(pieces[random.Next(pieces.Length)]);
            }
            Rendered(DockerfileReader.Read("Dockerfile", text.ToString()));
        }
    }

    private static string Text(string folder, string name) => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, $"Dockerfiles/{folder}/{name}.dockerfile"));

    private static string Rendered(Checked<Dockerfile> read) => string.Join("\n\n", read.Diagnostics.Select(d => DiagnosticText.Render(d)));

    private static string Summary(Dockerfile file) => string.Join("\n", file.Arguments.Select(Line).Concat(
        file.Stages.SelectMany(s => s.Instructions.Select(i => "  " + Line(i)).Prepend($"stage {s.Index} {s.Name} platform {s.From.Platform?.Raw ?? "-"} image {s.From.Image.Raw}"))));

    private static string Line(DockerInstruction instruction) => instruction switch
    {
        DockerInstruction.Arg a => "ARG " + Pairs(a.Pairs),
        DockerInstruction.Env e => "ENV " + Pairs(e.Pairs),
        DockerInstruction.Label l => "LABEL " + Pairs(l.Pairs),
        DockerInstruction.Run r => $"RUN {Command(r.Command)}{(r.Network ? "" : " (no network)")}" + string.Concat(r.Mounts.Select(m => "\n    mount " + Mount(m))),
        DockerInstruction.Copy c => $"{(c.Add ? "ADD" : "COPY")} {Words(c.Sources)} -> {c.Target.Raw}; {Flags(c.Flags)}"
            + string.Concat(c.Contents.Select(h => $"\n    {h.Name} {(h.Expand ? "expanded" : "literal")} {Quote(h.Content)}")),
        DockerInstruction.Expose e => "EXPOSE " + Words(e.Ports),
        DockerInstruction.User u => "USER " + u.Name.Raw,
        DockerInstruction.Workdir w => "WORKDIR " + w.Path.Raw,
        DockerInstruction.Volume v => "VOLUME " + Words(v.Paths),
        DockerInstruction.Entrypoint e => "ENTRYPOINT " + Command(e.Command),
        DockerInstruction.Cmd c => "CMD " + Command(c.Command),
        DockerInstruction.Shell s => "SHELL " + string.Join(" | ", s.Arguments),
        DockerInstruction.StopSignal s => "STOPSIGNAL " + s.Signal.Raw,
        DockerInstruction.Healthcheck h => $"HEALTHCHECK {(h.Health.Test is null ? "none" : Command(h.Health.Test))} {h.Health.Interval} {h.Health.Timeout} {h.Health.StartPeriod} {h.Health.Retries}",
        DockerInstruction.Onbuild o => "ONBUILD " + o.Trigger,
        DockerInstruction.Maintainer m => "MAINTAINER " + m.Name,
        _ => instruction.ToString(),
    };

    private static string Pairs(ImmutableArray<DockerPair> pairs) => string.Join("; ", pairs.Select(p => $"{p.Name.Raw} := {p.Value?.Raw}"));

    private static string Words(ImmutableArray<DockerWord> words) => string.Join(" | ", words.Select(w => w.Raw));

    private static string Command(DockerCommand command) => command switch
    {
        DockerCommand.Shell s => "shell " + Quote(s.Text),
        DockerCommand.Exec e => "exec " + string.Join(" | ", e.Arguments),
        DockerCommand.Script s => $"script {s.Text.Name} {Quote(s.Text.Content)}",
        _ => "",
    };

    private static string Mount(DockerMount mount) => mount switch
    {
        DockerMount.Cache c => $"cache {c.Id?.Raw} {c.Target.Raw} {c.Sharing}",
        DockerMount.Bind b => $"bind {b.From?.Raw} {b.Source.Raw} {b.Target.Raw} {(b.Writable ? "rw" : "ro")}",
        DockerMount.Tmpfs t => $"tmpfs {t.Target.Raw} {t.Size}",
        DockerMount.Secret s => $"secret {s.Id.Raw} {s.Target?.Raw} {s.Variable}",
        DockerMount.Ssh s => $"ssh {s.Id} {(s.Required ? "required" : "")}",
        _ => "",
    };

    private static string Flags(CopyFlags f) => string.Join(' ', new[]
    {
        f.From is null ? "" : "from " + f.From.Raw, f.Chown is null ? "" : "chown " + f.Chown.Raw, f.Chmod is null ? "" : "chmod " + f.Chmod.Raw,
        f.Checksum is null ? "" : "checksum " + f.Checksum.Raw, f.Link ? "link" : "", f.Parents ? "parents" : "", f.Exclude.IsEmpty ? "" : "exclude " + Words(f.Exclude),
    }.Where(t => t.Length > 0));

    private static string Quote(string text) => "\"" + text.Replace("\n", "\\n", StringComparison.Ordinal).Replace("\t", "\\t", StringComparison.Ordinal) + "\"";
}
