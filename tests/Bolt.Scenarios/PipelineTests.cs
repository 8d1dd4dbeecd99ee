namespace Bolt.Scenarios;

/// <summary>The job files of docs/pipelines: what they say is what this tool does.</summary>
public class PipelineTests(InstalledTool tool)
{
    public static TheoryData<string> Files { get; } = new("github-actions.yml", "azure-pipelines.yml", "gitlab-ci.yml");

    [Theory]
    [MemberData(nameof(Files))]
    public async Task The_script_lines_of_a_job_are_ones_that_bash_reads(string file)
    {
        var lines = Script(file);
        Assert.Contains(lines, l => l.StartsWith("dotnet test ", StringComparison.Ordinal));
        var read = await tool.RunAsync(tool.FreshFolder("bash"), new Dictionary<string, string>(), ["-n"], string.Join('\n', lines), "bash");
        Assert.Equal("", read.Expect(0).Error);
    }

    [Theory]
    [MemberData(nameof(Files))]
    public async Task The_part_that_brings_a_stack_up_does(string file)
    {
        await using var stack = tool.Stack("project = \"job\"\n[services.sh]\nimage = \"bolt://busybox\"\ncommand = [\"sleep\", \"1000000\"]\n");
        // What a machine lacks is doctor's to say, and the tests' own matter.
        string[] lines = [.. Script(file).Where(l => l.StartsWith("dotnet bolt ", StringComparison.Ordinal) && !l.EndsWith(" doctor", StringComparison.Ordinal))];
        Assert.True(lines.Length >= 3, string.Join('\n', lines));
        var ran = await tool.RunAsync(stack.Folder, new Dictionary<string, string>(), ["-e"], string.Join('\n', lines), "bash");
        Assert.Contains("sh", ran.Expect(0).Output, StringComparison.Ordinal);
    }

    // Three dialects: `run: LINE`, `- script: LINE`, a block after `|`, and a list below `script:`.
    private static List<string> Script(string file)
    {
        var lines = new List<string>();
        int? block = null;
        foreach (var line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "pipelines", file)))
        {
            Assert.DoesNotContain('\t', line);
            var indent = line.Length - line.TrimStart().Length;
            var text = line.Trim();
            if (block is { } below && indent > below)
            {
                lines.Add(text.StartsWith("- ", StringComparison.Ordinal) ? text[2..] : text);
                continue;
            }
            block = null;
            var key = text.StartsWith("- ", StringComparison.Ordinal) ? text[2..] : text;
            if (key is "run: |" or "script: |" or "script:") block = indent;
            else if (key.StartsWith("run: ", StringComparison.Ordinal)) lines.Add(key[5..]);
            else if (key.StartsWith("script: ", StringComparison.Ordinal)) lines.Add(key[8..]);
        }
        return lines;
    }
}
