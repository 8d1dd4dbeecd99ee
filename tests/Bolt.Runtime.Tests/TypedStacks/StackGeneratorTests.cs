using Bolt.TestKit.Generator;
using Microsoft.CodeAnalysis;

namespace Bolt.Runtime.Tests.TypedStacks;

/// <summary>The class that the compiler makes from a Boltfile, in a compiler.</summary>
public class StackGeneratorTests
{
    private const string Shop = """
        # What the shop is made of.
        project = "shop"

        # Orders & customers.
        # Migrated by <Shop>.
        [services.order-db]
        capsule = "postgres"

        [services.order-db.auth]
        user = "shop"

        [services.web]
        image = "bolt://nginx"
        ports = ["80"]

        [services]
        # Sessions.
        cache = { capsule = "redis" }
        """;

    private const string Test = """
        class Test
        {
            static string Ask(App.Stack stack) => stack.OrderDb.ConnectionString + stack.Cache.Name + stack.Web.Http.BaseAddress;
        }
        """;

    [Fact]
    public void Services_become_properties_with_the_files_comments() => Golden.Check("TypedStacks/stack", CompilerRun.Of(Shop).Sources.Single());

    [Fact]
    public void A_test_that_uses_them_compiles()
    {
        Assert.Empty(CompilerRun.Of(Shop, Test).Errors);
    }

    [Fact]
    public void A_service_that_is_renamed_in_the_file_is_an_error_in_the_test()
    {
        var error = Assert.Single(CompilerRun.Of(Shop.Replace("order-db", "orders", StringComparison.Ordinal), Test).Errors);
        Assert.Equal("CS1061", error.Id);
        Assert.Contains("'OrderDb'", error.GetMessage(null), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("project = \"p\"\n[services.a\nimage = \"x\"\n", "BOLT1001", 2)]
    [InlineData("project = \"p\"\n[services.a]\nimage = \"x\"\nimage = \"y\"\n", "BOLT1002", 4)]
    [InlineData("project = \"p\"\n[services.my-db]\nimage = \"x\"\n[services.my_db]\nimage = \"y\"\n", "BOLT1902", 4)]
    public void What_is_wrong_is_said_where_it_is(string text, string code, int line)
    {
        var run = CompilerRun.Of(text);
        var found = Assert.Single(run.Findings);
        Assert.Equal(code, found.Id);
        Assert.Equal(CompilerRun.Boltfile, found.Location.GetLineSpan().Path);
        Assert.Equal(line, found.Location.GetLineSpan().StartLinePosition.Line + 1);
        Assert.Empty(run.Errors);
    }

    [Fact]
    public void Of_two_files_with_one_class_the_second_is_an_error()
    {
        var run = CompilerRun.Of([new(CompilerRun.Boltfile, Shop, "Stack"), new("/code/other/Boltfile.toml", Shop, "Stack")]);
        Assert.Equal("BOLT1903", Assert.Single(run.Findings).Id);
        Assert.Empty(run.Errors);
    }

    [Fact]
    public void A_file_without_a_class_name_is_called_after_its_project() =>
        Assert.Contains("public sealed partial class ShopStack(", CompilerRun.Of([new(CompilerRun.Boltfile, Shop, "")]).Sources.Single(), StringComparison.Ordinal);

    [Theory]
    [InlineData("\"a\\\"b\"")]
    [InlineData("\"\"")]
    [InlineData("\"*/ } class X {\"")]
    [InlineData("\"\\u2028\"")]
    [InlineData("class")]
    [InlineData("stack")]
    [InlineData("untyped")]
    [InlineData("1st")]
    [InlineData("get-type")]
    public void No_name_breaks_the_class(string key)
    {
        var run = CompilerRun.Of($"# </summary> & {key}\nproject = \"p\"\n# ]]> {key}\n[services.{key}]\nimage = '''{key}\n</remarks>'''\n");
        Assert.Empty(run.Findings);
        Assert.Empty(run.Errors);
    }

    [Fact]
    public void A_broken_text_breaks_no_compiler()
    {
        for (var length = 0; length < Shop.Length; length += 9)
            Assert.Empty(CompilerRun.Of(Shop[..length]).Errors);
    }

    [Fact]
    public void Nothing_is_made_anew_for_a_change_that_no_test_sees()
    {
        var run = CompilerRun.Of(Shop, Test);
        var code = run.WithCode(Test.Replace("Ask", "Tell", StringComparison.Ordinal));
        Assert.All(code.Reasons(StackGenerator.OutlineStep), r => Assert.Equal(IncrementalStepRunReason.Cached, r));
        var port = code.WithBoltfile(Shop.Replace("\"80\"", "\"81\"", StringComparison.Ordinal));
        Assert.All(port.Reasons(StackGenerator.OutlineStep), r => Assert.Equal(IncrementalStepRunReason.Unchanged, r));
        Assert.All(port.OutputReasons, r => Assert.Equal(IncrementalStepRunReason.Cached, r));
        var comment = port.WithBoltfile(Shop.Replace("Sessions", "Baskets", StringComparison.Ordinal));
        Assert.Contains(IncrementalStepRunReason.Modified, comment.OutputReasons);
        Assert.Contains("Baskets", comment.Sources.Single(), StringComparison.Ordinal);
    }

    [Fact]
    public void Thirty_services_are_written()
    {
        var services = Enumerable.Range(0, 30).Select(n => $"# Service {n}.\n[services.s{n}]\nimage = \"bolt://nginx\"\nports = [\"80\"]\nenv.A = \"{n}\"\n");
        var text = "project = \"many\"\n" + string.Concat(services);
        var run = CompilerRun.Of(text);
        Assert.Contains("StackService S29", run.Sources.Single(), StringComparison.Ordinal);
        var times = new List<double>();
        for (var edit = 0; edit < 20; edit++)
        {
            run = run.WithBoltfile(text.Replace("Service 7.", $"Edit {edit}.", StringComparison.Ordinal));
            times.Add(run.Elapsed.TotalMilliseconds);
        }
        times.Sort();
        TestContext.Current.TestOutputHelper?.WriteLine($"the generator's part of an edit: {times[10]:f2} ms at the median, {times[^1]:f2} at most");
    }
}
