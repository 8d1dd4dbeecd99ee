using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Bolt.Diagnostics;
using Bolt.Kernel;

namespace Bolt.Dockerfiles;

/// <summary>Text to model; all that is wrong is found at once.</summary>
internal sealed partial class DockerfileReader
{
    private const int MaxCharacters = 4 << 20;

    private readonly DockerLines lines;
    private readonly List<Diagnostic> found = [];
    private readonly List<DockerInstruction.Arg> arguments = [];
    private readonly List<(DockerStage Stage, List<DockerInstruction> Instructions)> stages = [];
    private ImmutableArray<string> skipped = [];
    private bool strict;

    private DockerfileReader(string file, string text) => lines = new DockerLines(file, text);

    /// <param name="file">As the user gave it.</param>
    public static Checked<Dockerfile> Open(string file, string path)
    {
        if (PlainFile.Read(path, MaxCharacters, out var bytes) is not Errno.None and var errno)
        {
            return new Checked<Dockerfile>(null, [errno == Errno.EFBIG ? DockerfileErrors.TooLarge(file, MaxCharacters) : DockerfileErrors.Unreadable(file, errno.Text())]);
        }
        return Read(file, System.Text.Encoding.UTF8.GetString(bytes));
    }

    public static Checked<Dockerfile> Read(string file, string text)
    {
        if (text.Length > MaxCharacters)
        {
            return new Checked<Dockerfile>(null, [DockerfileErrors.TooLarge(file, MaxCharacters)]);
        }
        var reader = new DockerfileReader(file, text);
        reader.ReadAll();
        var model = new Dockerfile(file, reader.lines.Escape, [.. reader.arguments], [.. reader.stages.Select(s => s.Stage with { Instructions = [.. s.Instructions] })]);
        return new Checked<Dockerfile>(model, reader.InOrder());
    }

    private void ReadAll()
    {
        var next = ReadDirectives();
        while (lines.Read(ref next, out var emptyAt) is { } line)
        {
            if (emptyAt is { } empty)
            {
                found.Add(DockerfileErrors.Check(lines.Span(empty, 0, 1), "NoEmptyContinuation", "an empty line within an instruction", "remove it, or end the instruction above"));
            }
            ReadInstruction(line, ref next);
        }
        if (stages.Count == 0 && !found.Any(d => d.Severity == Severity.Error))
        {
            found.Add(DockerfileErrors.Empty(lines.Span(0, 0, int.MaxValue)));
        }
    }

    private void ReadInstruction(DockerLine line, ref int next)
    {
        if (line.Text.Contains('\0'))
        {
            found.Add(DockerfileErrors.NulCharacter(line.Span(line.Text.IndexOf('\0'), 1)));
            return;
        }
        var whole = HeredocReader.Read(line, lines, ref next, found);
        if (new InstructionReader(whole, lines.Escape, found).Read() is not { } instruction)
        {
            return;
        }
        if (instruction is DockerInstruction.From from)
        {
            AddStage(whole, from);
        }
        else if (stages.Count > 0)
        {
            stages[^1].Instructions.Add(instruction);
        }
        else if (instruction is DockerInstruction.Arg arg)
        {
            arguments.Add(arg);
        }
        else
        {
            found.Add(DockerfileErrors.BeforeFrom(instruction.At, instruction.Text.Split(' ', '\t')[0]));
        }
    }

    private void AddStage(DockerLine line, DockerInstruction.From from)
    {
        var words = DockerScan.Fields(line.Text, 0);
        var position = words.IndexOf(words.FirstOrDefault(w => w.Text.Equals("AS", StringComparison.OrdinalIgnoreCase)));
        string? name = null;
        if (position > 0 && position + 1 < words.Length)
        {
            var word = words[position + 1];
            name = word.Text.ToLowerInvariant();
            if (!StageName().IsMatch(name))
            {
                found.Add(DockerfileErrors.BadStageName(line.Span(word.Offset, word.Text.Length), word.Text));
            }
            else if (stages.FirstOrDefault(s => s.Stage.Name == name) is { Stage: { } first })
            {
                found.Add(DockerfileErrors.StageTwice(line.Span(word.Offset, word.Text.Length), name, first.From.At.Line));
            }
        }
        stages.Add((new DockerStage(stages.Count, name, from, []), []));
    }

    // "# syntax=docker/dockerfile:1": only before the first comment, blank line or instruction.
    private int ReadDirectives()
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var line = 0;
        for (; line < lines.Count && DirectiveLine().Match(lines[line]) is { Success: true } match; line++)
        {
            var name = match.Groups["name"].Value.ToLowerInvariant();
            var value = match.Groups["value"];
            var at = lines.Span(line, value.Index, value.Length);
            if (name is not ("syntax" or "escape" or "check"))
            {
                break;
            }
            if (!seen.Add(name))
            {
                found.Add(DockerfileErrors.RepeatedFlag(lines.Span(line, match.Groups["name"].Index, name.Length), name));
            }
            Direct(name, value.Value, at);
        }
        return line;
    }

    private void Direct(string name, string value, SourceSpan at)
    {
        switch (name)
        {
            case "syntax":
                found.Add(DockerfileErrors.SyntaxIgnored(at, value));
                break;
            case "escape" when value is "\\" or "`":
                lines.Escape = value[0];
                break;
            case "escape":
                found.Add(DockerfileErrors.BadDirective(at, name, value, "write `# escape=\\` or ``# escape=` ``"));
                break;
            default:
                foreach (var part in value.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
                {
                    var pair = part.Split('=', 2, StringSplitOptions.TrimEntries);
                    switch (pair)
                    {
                        case ["skip", var names]:
                            skipped = [.. names.Split(',', StringSplitOptions.TrimEntries)];
                            break;
                        case ["error", var on] when bool.TryParse(on, out strict):
                            break;
                        default:
                            found.Add(DockerfileErrors.BadDirective(at, name, part, "write `# check=skip=NAME,NAME;error=true`"));
                            break;
                    }
                }
                break;
        }
    }

    private ImmutableArray<Diagnostic> InOrder() =>
        [.. found.Where(d => d.Severity != Severity.Warning || !skipped.Any(s => s == "all" || d.Message.EndsWith($"({s})", StringComparison.Ordinal)))
            .Select(d => strict && d.Severity == Severity.Warning ? d with { Severity = Severity.Error } : d)
            .OrderBy(d => d.At?.Line ?? 0).ThenBy(d => d.At?.Column ?? 0)];

    [GeneratedRegex(@"^[a-z][a-z0-9_.-]*$")]
    private static partial Regex StageName();

    [GeneratedRegex(@"^\s*#\s*(?<name>[A-Za-z][A-Za-z0-9]*)\s*=\s*(?<value>.+?)\s*$")]
    private static partial Regex DirectiveLine();
}
