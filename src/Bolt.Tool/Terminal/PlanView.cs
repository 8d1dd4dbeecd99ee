using Bolt.Surge;

namespace Bolt.Tool.Terminal;

/// <summary>A plan: each step and why; steps that lose data say so.</summary>
internal static class PlanView
{
    public static void Show(Screen screen, Plan plan, bool json)
    {
        if (json)
        {
            screen.Data(StackJson.Write(plan));
            return;
        }
        if (plan.IsEmpty)
        {
            screen.Say("nothing to do: all is as the Boltfile says");
            return;
        }
        var table = new TextTable("STEP", "BECAUSE", "AFTER");
        foreach (var step in plan.Steps)
        {
            table.Add(
                step.LosesData ? new Cell($"{step.Id} (data is lost)", Pen.Red) : new Cell(step.Id),
                step.Cause,
                string.Join(", ", step.Needs));
        }
        table.Write(screen.DataPen);
    }
}
