using System.Text;
using Bolt.Boltfiles;
using Bolt.Diagnostics;
using CsCheck;

namespace Bolt.Runtime.Tests.Boltfiles;

/// <summary>Whatever is in a Boltfile, reading it returns diagnostics that can be shown.</summary>
public class BoltfileFuzzTests
{
    private static readonly string[] Seeds =
        [.. Golden.Files("Boltfiles/samples", "*.toml").Concat(Golden.Files("Boltfiles/bad", "*.toml")).Select(File.ReadAllText)];

    private static readonly string[] Pieces =
    [
        "[", "]", "{", "}", "\"", "'", "=", ".", "\n", "\0", "😀", "\"\"\"", "[[", "env.A", "bolt://", "${", "1979-05-27", "\t", "\\u", "-1", "99999999999999999999",
        "services", "[services.web]", "depends_on = [\"web\"]", "image = ", "true", "nan", "inf", "#", ",", "\r",
    ];

    private static readonly Gen<string> Mutated =
        from seed in Gen.OneOf(Seeds)
        from edits in Gen.Select(Gen.Int[0, 1 << 20], Gen.Int[0, 40], Gen.OneOf(Pieces)).List[1, 8]
        select edits.Aggregate(seed, Edit);

    [Fact]
    public void Mutated_files_never_throw() => Mutated.Sample(ReadAndShow, iter: 3000);

    [Fact]
    public void Random_text_never_throws() => Gen.String.Sample(ReadAndShow, iter: 2000);

    [Fact]
    public void Short_forms_never_throw() => Gen.OneOf(Gen.String, Gen.String[Gen.Char["0123456789:./-[]~GiKmsroudpt"], 0, 20]).Sample(text =>
    {
        ShortForms.ReadPorts(text, out _);
        ShortForms.ReadVolume(text, out _);
        ShortForms.ReadSize(text, out _);
        ShortForms.ReadDuration(text, out _);
        ShortForms.ReadCpu(text, out _);
    }, iter: 20000);

    [Theory]
    [InlineData("[", 100_000)]
    [InlineData("{a=", 100_000)]
    [InlineData("a.", 100_000)]
    [InlineData("[[a]]\n", 20_000)]
    public void Deep_and_long_files_never_throw(string piece, int times) =>
        ReadAndShow("a = 1\nb = " + string.Concat(Enumerable.Repeat(piece, times)));

    [Fact]
    public void Very_dotted_headers_never_throw() =>
        ReadAndShow("[" + string.Join('.', Enumerable.Repeat("a", 50_000)) + "]\nx = 1\n");

    private static void ReadAndShow(string text)
    {
        var read = BoltfileReader.Read("Boltfile.toml", text, name => name.Length % 2 == 0 ? "v" : null);
        Assert.True(read.Value is not null || read.Diagnostics.Any(d => d.Severity == Severity.Error));
        foreach (var found in read.Diagnostics)
        {
            Assert.False(string.IsNullOrEmpty(found.Fix), found.Code);
            Assert.Contains(found.Code, DiagnosticText.Render(found, color: true), StringComparison.Ordinal);
        }
    }

    private static string Edit(string text, (int At, int Cut, string Piece) edit)
    {
        var at = text.Length == 0 ? 0 : edit.At % text.Length;
        var cut = Math.Min(edit.Cut, text.Length - at);
        return new StringBuilder(text).Remove(at, cut).Insert(at, edit.Piece).ToString();
    }
}
