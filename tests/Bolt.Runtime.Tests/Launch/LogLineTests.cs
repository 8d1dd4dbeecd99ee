using System.Text;
using Bolt.Capsules;
using Bolt.Launch;
using CsCheck;

namespace Bolt.Runtime.Tests.Launch;

public class LogLineTests
{
    [Theory]
    [InlineData(false, false, "2026-11-24T11:00:00.123456Z O text")]
    [InlineData(true, false, "2026-11-24T11:00:00.123456Z E text")]
    [InlineData(false, true, "2026-11-24T11:00:00.123456Z o text")]
    [InlineData(true, true, "2026-11-24T11:00:00.123456Z e text")]
    public void A_line_has_time_stream_and_text(bool isError, bool partial, string expected)
    {
        var line = new byte[LogLine.PrefixLength + 4];
        var at = new DateTime(2026, 11, 24, 11, 0, 0, DateTimeKind.Utc).AddTicks(1234567);
        LogLine.WritePrefix(line, at, isError, partial);
        "text"u8.CopyTo(line.AsSpan(LogLine.PrefixLength));
        Assert.Equal(expected, Encoding.UTF8.GetString(line));
        Assert.Equal(new CapsuleLogLine(new DateTimeOffset(at.AddTicks(-7)), isError, "text", partial), CapsuleLog.Parse(line));
    }

    [Theory]
    [InlineData("")]
    [InlineData("2026-11-24T11:00:00.123456Z O")]
    [InlineData("2026-11-24T11:00:00.123456Z X text")]
    [InlineData("2026-13-24T11:00:00.123456Z O text")]
    [InlineData("xxxx")]
    public void Torn_lines_are_none(string line) => Assert.Null(CapsuleLog.Parse(Encoding.UTF8.GetBytes(line)));

    [Fact]
    public void No_bytes_make_it_throw() => Gen.Byte.Array[0, 60].Sample(line => { CapsuleLog.Parse(line); });

    [Fact]
    public async Task A_reader_takes_the_old_file_first_and_leaves_an_unfinished_line()
    {
        var folder = Directory.CreateTempSubdirectory("bolt-log-").FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, LogLine.OldFileName), Line("one") + "torn\n" + Line("two"));
        await File.WriteAllTextAsync(Path.Combine(folder, LogLine.FileName), Line("three") + Line("four").TrimEnd('\n'));
        var lines = new List<string>();
        await foreach (var line in CapsuleLog.ReadAsync(folder, follow: true, null, null, CancellationToken.None))
            lines.Add(line.Text);
        Assert.Equal(["one", "two", "three"], lines);
        Directory.Delete(folder, recursive: true);
    }

    private static string Line(string text) => $"2026-11-24T11:00:00.123456Z O {text}\n";
}
